"""JSON lines that are appended so that a line is whole or absent, and mended after a kill.

Knows bytes and records; not which files a run has.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from memory.opening import open_regular
from sandbox.runs.json_lines import whole_end


class JsonLines:
    """An append-only file of JSON lines, which ends with a whole line or was repaired.

    A line is with the operating system when `append` returns. Raises `OSError` for what is no regular file.
    """

    def __init__(self, path: Path) -> None:
        opened = open_regular(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self._file: Final = os.fdopen(opened, "ab", buffering=0)
        self._unsynced = False

    def append(self, records: Iterable[BaseModel]) -> bytes:
        """Write the records as one piece, each a line; the piece."""
        lines = b"".join(record.model_dump_json().encode() + b"\n" for record in records)
        view = memoryview(lines)
        before = self._file.seek(0, os.SEEK_END)
        try:
            while view:
                view = view[self._file.write(view) :]
                self._unsynced = True
        except OSError:
            # On a full disk half a line may be there; what is appended later must not stand behind it.
            self._file.truncate(before)
            raise
        return lines

    def cut(self, size: int) -> None:
        """Leave the first `size` bytes."""
        self._file.truncate(size)

    def sync(self) -> None:
        """Flush what was appended to disk; nothing to do if nothing was."""
        if not self._unsynced:
            return
        self._unsynced = False
        try:
            os.fsync(self._file.fileno())
        except OSError:
            self._unsynced = True
            raise

    def close(self) -> None:
        """Flush and close."""
        try:
            self.sync()
        finally:
            self._file.close()


def repair(path: Path) -> None:
    """Make the last line of a JSON lines file whole: cut a torn one off, and end one that only lacks its newline.

    Raises `SandboxError` that names file and line for any other, and then nothing was changed.
    """
    if not (end := whole_end(path)) and not os.path.lexists(path):
        return
    with os.fdopen(open_regular(path, os.O_RDWR), "rb+") as file:
        if end < file.seek(0, os.SEEK_END):
            file.truncate(end)
        file.seek(max(0, end - 1))
        if file.read(1) not in (b"", b"\n"):
            file.seek(end)
            file.write(b"\n")
