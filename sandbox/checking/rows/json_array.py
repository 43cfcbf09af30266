"""The elements of one large JSON array, read without holding the array. Knows text, not what an element is."""

import codecs
import json
import re
from collections.abc import Iterator
from io import BufferedReader
from typing import Any, Final

from agents.json_values import check_values
from sandbox.checking.names import Code
from sandbox.errors import of_reading

_BLOCK: Final = 1 << 20  # bytes
LONGEST: Final = 16 << 20  # characters of one element
_GAP: Final = re.compile(r"[\s,]*")
_DECODER: Final = json.JSONDecoder()

Problem = tuple[Code, str]


def elements(file: BufferedReader) -> Iterator[tuple[Any, Problem | None]]:
    """Each element, or the problem after which nothing more can be read. The file begins with `[`."""
    text = _Text(file)
    try:
        text.skip("[")
        while not text.at_end():
            yield text.value(), None
    except UnicodeDecodeError:
        yield None, ("not_utf8", "a byte that belongs to no character")
    except _OpenEndedError:
        yield None, ("broken_line", "the array does not end")
    except json.JSONDecodeError:  # which knows only the place in what is in memory
        yield None, ("broken_line", "not JSON")
    except (ValueError, RecursionError) as error:
        yield None, ("broken_line", of_reading(error))


class _OpenEndedError(ValueError):
    """The file ends before its array does."""


class _Text:
    """The part of a file that is being looked at, decoded; it grows when that is not enough."""

    def __init__(self, file: BufferedReader) -> None:
        self._file: Final = file
        self._decoder: Final = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._at, self._done = "", 0, False

    def skip(self, mark: str) -> None:
        while not self._text.lstrip() and not self._done:
            self._grow()
        self._at = self._text.index(mark) + 1

    def at_end(self) -> bool:
        """Whether the array ends here. Raises `ValueError` where the file ends before it does."""
        while True:
            self._at = _GAP.match(self._text, self._at).end()  # type: ignore[union-attr]  # it also matches nothing
            if self._at < len(self._text):
                return self._text[self._at] == "]"
            if self._done:
                raise _OpenEndedError
            self._grow()

    def value(self) -> Any:
        """The value that begins here. Raises `ValueError` or `RecursionError` for what is none."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if self._done or len(self._text) - self._at > LONGEST:
                    raise
            else:
                if end < len(self._text) or self._done:  # else a number may go on
                    self._at = end
                    return value
            check_values(self._text[self._at :])  # all of it is of this one
            self._grow()

    def _grow(self) -> None:
        """Read on: twice as much each time, so that a long element is not tried again too often."""
        rest = self._text[self._at :]
        block = self._file.read(max(_BLOCK, len(rest)))
        self._done = not block
        self._text, self._at = rest + self._decoder.decode(block, final=self._done), 0
