"""Lone surrogates: halves of characters, as escapes of JSON and names of files make them, which no UTF-8 can hold."""

import re
from typing import Final

_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


def without_surrogates(text: str) -> str:
    """`text` with each half of a character replaced by U+FFFD: then all of it can be written."""
    return _SURROGATE.sub("\ufffd", text)
