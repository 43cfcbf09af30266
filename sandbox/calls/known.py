"""What a journal answers: the places of its lines, which are read again when their answers are wanted.

Knows places and request hashes, and keeps no text; not what a call is about.
"""

import hashlib
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from io import BufferedReader
from typing import Any, Final, Generic

from pydantic import ValidationError

from agents.limits.retry import Outcome
from agents.model import Request
from memory.opening import open_to_read
from sandbox.calls.journal import JournalFiles, line_outcome
from sandbox.calls.work import K
from sandbox.errors import SandboxError
from sandbox.runs.asks import FinishedAsk
from sandbox.runs.beginning import Written
from sandbox.runs.json_lines import LONGEST_LINE, line_number, raw_lines, read_line
from sandbox.runs.strict_json import read_strictly


class KnownCalls(Generic[K]):
    """The outcomes that the journal in `files` holds, read without changing it; a torn last line is skipped.

    `tell` is told each line once, as the journal is read whole at the start; those of `superseded` are told by
    `tell_superseded`. `written` is what was read. With `replace`, asks that failed, or that ask something else since
    one of those was answered, are as if they were not there: `replace` is told the line, and the caller asks again.
    Raises `SandboxError` that names file and line for a journal that cannot be trusted.
    """

    def __init__(
        self,
        files: JournalFiles[K],
        replace: Callable[[FinishedAsk], object] | None = None,
        tell: Callable[[Any], object] = lambda _: None,
    ) -> None:
        self.files: Final = files
        self.written: Final = Written()
        self._replace: Final = replace
        self._file: BufferedReader | None = None
        void = {fingerprint(line) for line in files.replaced()}
        self.has_superseded: Final = bool(void)
        # Where a line begins, in bytes: of 200,000 calls 37 MB, which their texts would be many times.
        self._places: Final = self._read(void, tell)

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[FinishedAsk]:
        """The lines that were not taken."""
        return (self._line(key, place) for key, place in self._places.items())

    def take(self, key: K, request: Request) -> Outcome | None:
        """The outcome of `key` if it was asked before, once. Raises `SandboxError` if something else was asked then."""
        place = self._places.pop(key, None)
        if place is None:
            return None
        line = self._line(key, place)
        other = line.request != request.digest()
        if self._replace and (other or line.error):
            self._replace(line)
            return None
        if other:
            raise SandboxError(
                f"{self._named(place)}: {key} was asked something else than this configuration asks.\n"
                "The run was made with other prompts, questions or another version; it cannot be continued."
            )
        return line_outcome(line)

    def pass_over(self, end: int, is_verified: Callable[[K], bool]) -> list[K]:
        """Take the calls that are known to be as they should, of lines that begin before byte `end`."""
        verified = [key for key, place in self._places.items() if place < end and is_verified(key)]
        for key in verified:
            del self._places[key]
        return verified

    def refuse_unused(self) -> None:
        """Raises `SandboxError` that names the first line that was not taken; for when every call was asked for.

        Such a line is never the end of an interrupted run: no ask is written before those that it needs.
        """
        if not self._places:
            return
        key, place = next(iter(self._places.items()))
        raise SandboxError(
            f"{self._named(place)}: {key} is no call that this run makes.\n"
            "The journal was changed, or another version of sandbox wrote it; nothing was overwritten."
        )

    def close(self) -> None:
        """No line is read any more."""
        if self._file:
            self._file.close()
            self._file = None

    def _read(self, void: Container[bytes], tell: Callable[[Any], object]) -> dict[K, int]:
        files, places = self.files, dict[K, int]()
        for number, raw in raw_lines(files.calls):
            place = self.written.bytes
            self.written.add(raw)
            line = read_line(files.calls, number, raw, files.line)
            if void and fingerprint(line) in void:
                continue
            key = files.key(line)
            if key in places:
                raise SandboxError(f"{files.calls}:{number}: {key} stands there twice.")
            places[key] = place
            tell(line)
        return places

    def _line(self, key: K, place: int) -> FinishedAsk:
        """The line at `place`, which was that of `key` when the journal was read."""
        self._file = self._file or open_to_read(self.files.calls)
        self._file.seek(place)
        with suppress(ValidationError):
            line = read_strictly(self.files.line, self._file.readline(LONGEST_LINE).rstrip(b"\0"))
            if self.files.key(line) == key:
                return line
        raise SandboxError(f"{self._named(place)}: {key} stood here, and the journal was changed since then.")

    def _named(self, place: int) -> str:
        return f"{self.files.calls}:{line_number(self.files.calls, place)}"


def fingerprint(line: FinishedAsk) -> bytes:
    """What tells `line` from any other: sha256 of its content, whatever way it is written."""
    return hashlib.sha256(line.model_dump_json().encode()).digest()
