"""JSON lines of a log that is derived from a journal: what is there is compared, and the rest is appended.

Knows files and records, not what a record means.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import BaseModel

from memory.opening import open_to_read
from sandbox.errors import SandboxError
from sandbox.runs.appended import JsonLines
from sandbox.runs.beginning import Written

_BLOCK_BYTES: Final = 1 << 20


class ContinuedLines:
    """JSON lines of which some may be there: those are compared until `caught_up`; the rest is appended.

    `written` are the lines of all records that were given.
    """

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._lines: Final = JsonLines(path)
        self.written: Final = Written()
        self._compared = 0
        self._there: BinaryIO | None = open_to_read(path)

    def append(self, records: Sequence[BaseModel]) -> None:
        """Write the records that are not there yet. Raises `SandboxError`."""
        self.written.add(self._lines.append([record for record in records if not self._is_there(record)]))

    @property
    def is_empty(self) -> bool:
        """Whether the file holds nothing."""
        return self._path.stat().st_size == 0

    def caught_up(self) -> int:
        """Cut off the lines that were not compared, and count them: only the journal is evidence."""
        if (there := self._there) is None:
            return 0
        compared = there.tell()
        dropped = sum(block.count(b"\n") for block in iter(lambda: there.read(_BLOCK_BYTES), b""))
        self._lines.cut(compared)
        self._end_comparison()
        return dropped

    def sync(self) -> None:
        """Flush to disk."""
        self._lines.sync()

    def close(self) -> None:
        """Flush and close."""
        self._end_comparison()
        self._lines.close()

    def _is_there(self, record: BaseModel) -> bool:
        if self._there is None:
            return False
        wanted = record.model_dump_json().encode() + b"\n"
        if not (line := self._there.readline(len(wanted) + 1)):
            self._end_comparison()
            return False
        self._compared += 1
        if line != wanted:
            raise SandboxError(
                f"{self._path}:{self._compared} is not what the journal gives.\n"
                "One of them was changed, or another version of sandbox wrote them; nothing was overwritten."
            )
        self.written.add(wanted)
        return True

    def _end_comparison(self) -> None:
        if self._there:
            self._there.close()
            self._there = None
