"""Asks of a run that failed for good, out of its journal: which, of what kind, and in whose words.

Reads lines of errors only; knows nothing of interactions.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from agents.model import ErrorKind
from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import raw_lines, read_line, read_lines
from sandbox.runs.records import JournalLine
from sandbox.text import counted

# Asking the same again is answered the same.
HOPELESS: Final[frozenset[ErrorKind]] = frozenset({"context_overflow"})


class Kind(NamedTuple):
    """Asks that failed in the same way: how many, and the first of them."""

    kind: ErrorKind
    calls: int
    first: JournalLine

    def __str__(self) -> str:
        """For people: `3 calls failed: bad_request (400), the first r000-a001 draft (ask 0): "its words"`."""
        error = self.first.error
        status = f" ({error.status})" if error and error.status else ""
        words = f': "{error.words}"' if error and error.words else ""
        calls = counted(self.calls, "call")
        first = ", the first" if self.calls > 1 else ","
        return f"{calls} failed: {self.kind}{status}{first} {self.first.key}{words}"


def failed_asks(directory: RunDirectory) -> Iterator[JournalLine]:
    """In the order of the journal, without those that are asked again. Raises `SandboxError` for a damaged line."""
    again = set(read_lines(directory.superseded, JournalLine))
    for number, line in raw_lines(directory.calls):
        if b'"error":{' in line:
            ask = read_line(directory.calls, number, line, JournalLine)
            if ask.error and ask not in again:
                yield ask


def kinds(asks: Iterable[JournalLine]) -> list[Kind]:
    """The kinds of errors in `asks`, most frequent first."""
    found: dict[ErrorKind, Kind] = {}
    for ask in asks:
        assert ask.error is not None
        known = found.get(ask.error.kind, Kind(ask.error.kind, 0, ask))
        found[ask.error.kind] = known._replace(calls=known.calls + 1)
    return sorted(found.values(), key=lambda each: -each.calls)
