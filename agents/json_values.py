"""How much memory JSON can take, told from its text without making any of it. Knows no document."""

from typing import Final

# Each takes up to 130 bytes of memory for two of text. A list of 2,000 models with 60 fields each has half of them.
MOST_VALUES: Final = 250_000
_MANY_BYTES: Final = 2**20  # fewer hold nothing that fills a memory


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
    if len(content) > _MANY_BYTES and values_in(content) > MOST_VALUES:
        raise TooManyValuesError
