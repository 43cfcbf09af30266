"""Spans of whole numbers as people write them: `3`, `3-5` or `3:5`, `3-`, `-5`. Knows no record."""

import re
from typing import Any, Final, NamedTuple

from sandbox.errors import UsageError

OPEN: Final = 2**62  # the end of a span that has none
_SPAN: Final = re.compile(r"(\d{1,9})?(?:\s*([-:])\s*(\d{1,9})?)?")


class Span(NamedTuple):
    """Numbers from `first` to `last`, both included."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: str, flag: str) -> "Span":
        """`3`, `3-5`, `3-` or `-5`, with `:` for `-` as well. Raises `UsageError` that names `flag`."""
        found = _SPAN.fullmatch(text.strip())
        if not found or not any(found.group(1, 3)):
            raise UsageError(f"{flag} {text!r} is no number and no span of numbers such as 3-5 (or 3:5), 3- or -5.")
        first = int(found[1] or 0)
        last = int(found[3]) if found[3] else (OPEN if found[2] else first)
        if last < first:
            raise UsageError(f"{flag} {text} ends before it begins. Did you mean {last}{found[2]}{first}?")
        return cls(first, last)

    def within(self, last: int) -> "Span":
        """What of it lies in 0 to `last`, or `last` alone where all of it lies beyond."""
        return Span(min(self.first, last), min(self.last, last))

    def __str__(self) -> str:
        """As people write it."""
        if self.first == self.last:
            return str(self.first)
        return f"{self.first}-{self.last if self.last < OPEN else ''}"

    def holds(self, numbers: Any) -> Any:
        """Whether a number lies in it, or which of an array do."""
        return (numbers >= self.first) & (numbers <= self.last)
