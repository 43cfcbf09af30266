"""What a text of a question set is: without lone surrogates, in NFC, stripped. Knows nothing of what it is for."""

import unicodedata

from agents.surrogates import without_surrogates


def cleaned(text: str) -> str:
    """`text` as it counts: two that differ in nothing else are one."""
    return unicodedata.normalize("NFC", without_surrogates(text)).strip()
