"""JSON lines: appended so that a line is whole or absent, read also while they grow, repaired after a kill.

Knows bytes and records; not which files a run has.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from sandbox.errors import SandboxError

_REPAIR_BYTES: Final = 2**16
R = TypeVar("R", bound=BaseModel)


class JsonLines:
    """An append-only file of JSON lines. A line is with the operating system when `append` returns.

    A torn last line, such as a killed process leaves, is cut off first.
    """

    def __init__(self, path: Path) -> None:
        repair(path)
        self._file: Final = path.open("ab", buffering=0)
        self._unsynced = False

    def append(self, records: Iterable[BaseModel]) -> None:
        """Write the records as one piece, each a line."""
        view = memoryview(b"".join(record.model_dump_json().encode() + b"\n" for record in records))
        before = self._file.seek(0, os.SEEK_END)
        try:
            while view:
                view = view[self._file.write(view) :]
                self._unsynced = True
        except OSError:
            # On a full disk half a line may be there; what is appended later must not stand behind it.
            self._file.truncate(before)
            raise

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
        self.sync()
        self._file.close()


def repair(path: Path) -> None:
    """Cut a torn last line off a JSON lines file, such as a killed process leaves."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        end = whole = file.seek(0, os.SEEK_END)
        while whole:
            start = max(0, whole - _REPAIR_BYTES)
            file.seek(start)
            newline = file.read(whole - start).rfind(b"\n")
            whole = start + newline + 1
            if newline >= 0:
                break
        if whole < end:
            file.truncate(whole)


def read_lines(path: Path, kind: type[R]) -> Iterator[R]:
    """The records of a JSON lines file, also of one that is being written: a torn last line is skipped.

    Raises `SandboxError` that names file and line for anything else that is no `kind`.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return
                yield _parse(line, kind, path, number)
    except FileNotFoundError:
        return
    except OSError as error:
        raise SandboxError(f"{path}: cannot be read: {error.strerror}.") from None


def _parse(line: bytes, kind: type[R], path: Path, number: int) -> R:
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, problem["loc"])) or "the line"
        raise SandboxError(f"{path}:{number}: {place}: {problem['msg']}.") from None
