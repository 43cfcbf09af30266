"""How much memory JSON can take, told from its text without making any of it. Knows no document."""

import re
from collections.abc import Iterator
from typing import Final

# Each takes up to 130 bytes of memory for two of text. A list of 2,000 models with 60 fields each has half of them.
MOST_VALUES: Final = 250_000
_MANY_BYTES: Final = 2**20  # fewer hold nothing that fills a memory
# Texts, as far as one stands right behind another; it goes over nothing twice, whatever a text holds.
_TEXTS: Final = r'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"?)++'


class TooManyValuesError(ValueError):
    """JSON of more than `MOST_VALUES` values."""

    def __init__(self) -> None:
        super().__init__(f"more than {MOST_VALUES:,} values")


def values_in(content: bytes | str) -> int:
    """Most values that JSON of `content` can hold."""
    if isinstance(content, bytes):
        return content.count(b",") + content.count(b"[") + content.count(b"{")
    return content.count(",") + content.count("[") + content.count("{")


def check_values(content: bytes | str) -> None:
    """Raises `TooManyValuesError` where it would take far more memory than its text."""
    if len(content) <= _MANY_BYTES or values_in(content) <= MOST_VALUES:
        return
    left = MOST_VALUES  # commas within texts are no values, and an answer of a million letters may have as many
    for part in _between_texts(content):
        left -= values_in(part)
        if left < 0:
            raise TooManyValuesError


def _between_texts(content: bytes | str) -> Iterator[bytes | str]:
    end = 0
    for text in _texts_of(content):
        yield content[end : text.start()]
        end = text.end()
    yield content[end:]


def _texts_of(content: bytes | str) -> Iterator[re.Match[str] | re.Match[bytes]]:
    if isinstance(content, str):
        yield from re.finditer(_TEXTS, content, re.DOTALL)
    else:
        yield from re.finditer(_TEXTS.encode(), content, re.DOTALL)
