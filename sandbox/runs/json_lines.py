"""JSON lines: appended so that a line is whole or absent, read also while they grow, repaired after a kill.

Knows bytes and records; not which files a run has.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from sandbox.errors import SandboxError, of_json, of_validation

R = TypeVar("R", bound=BaseModel)
_TAIL_BYTES: Final = 1 << 16
_BLOCK_BYTES: Final = 1 << 20


class JsonLines:
    """An append-only file of JSON lines, which ends with a whole line or was repaired.

    A line is with the operating system when `append` returns.
    """

    def __init__(self, path: Path) -> None:
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
        try:
            self.sync()
        finally:
            self._file.close()


def repair(path: Path) -> None:
    """Make the last line of a JSON lines file whole: cut a torn one off, and end one that only lacks its newline.

    Raises `SandboxError` that names file and line for any other, and then nothing was changed.
    """
    if not path.exists():
        return
    with path.open("rb+") as file:
        for number, line in deque(enumerate(file, 1), maxlen=1):
            kept = _kept(line, path, number)
            if len(kept) < len(line):
                file.truncate(file.tell() - len(line) + len(kept))
            if kept and not kept.endswith(b"\n"):
                file.seek(0, os.SEEK_END)
                file.write(b"\n")


def read_lines(path: Path, kind: type[R]) -> Iterator[R]:
    """The records of a JSON lines file, also of one that is being written: a torn last line is skipped.

    Raises `SandboxError` that names file and line for anything else that is no `kind`.
    """
    for number, line in raw_lines(path):
        yield read_line(path, number, line, kind)


def count_lines(path: Path) -> int:
    """How many records `read_lines` gives if all are whole. Raises as it does for a last line that is neither."""
    end = whole_end(path)
    return _newlines(path, end) + _is_open_ended(path, end) if end else 0


def whole_end(path: Path) -> int:
    """How many bytes of the file hold the lines that `read_lines` gives; 0 for a file that is not there.

    Raises `SandboxError` as it does for a last line that is neither whole nor torn.
    """
    try:
        with path.open("rb") as file:
            end = start = file.seek(0, os.SEEK_END)
            last = b""
            while start and b"\n" not in last:
                start = max(0, start - _TAIL_BYTES)
                file.seek(start)
                last = file.read(end - start)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise SandboxError(f"{path}: cannot be read: {error.strerror}.") from None
    torn = last[last.rfind(b"\n") + 1 :]
    before = end - len(torn)
    return before + len(_kept(torn, path, _newlines(path, before) + 1)) if torn else end


def _newlines(path: Path, end: int) -> int:
    """How many there are in the first `end` bytes."""
    count = 0
    with path.open("rb") as file:
        while end > 0 and (block := file.read(min(end, _BLOCK_BYTES))):
            count, end = count + block.count(b"\n"), end - len(block)
    return count


def _is_open_ended(path: Path, end: int) -> bool:
    with path.open("rb") as file:
        file.seek(end - 1)
        return file.read(1) != b"\n"


def raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that count, numbered from 1, as they stand there. Raises as `read_lines` does for the last one."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if kept := _kept(line, path, number):
                    yield number, kept
                if not line.endswith(b"\n"):
                    return  # what a writer appends meanwhile is the rest of this line
    except FileNotFoundError:
        return
    except OSError as error:
        raise SandboxError(f"{path}: cannot be read: {error.strerror}.") from None


def _kept(line: bytes, path: Path, number: int) -> bytes:
    """What counts of a line: all of it, nothing if it is torn.

    Without a newline it is torn if a JSON object begins and does not end, which a kill leaves, and which a reader sees
    of a line that is just being written. NUL bytes at the end are what a loss of power leaves, and count for nothing.
    Raises `SandboxError` for what is neither whole nor torn.
    """
    if line.endswith(b"\n"):
        return line
    if not (text := line.rstrip(b"\0")):
        return b""
    problem = "no JSON object"
    try:
        if isinstance(from_json(text), dict):
            return text
    except ValueError as error:
        # A lenient parser (`allow_partial`) would take a damaged whole line for a torn one, and a paid reply be lost.
        if text.startswith(b"{") and str(error).startswith("EOF while parsing"):
            return b""
        problem = of_json(str(error))
    raise _broken(path, number, problem)


def read_line(path: Path, number: int, line: bytes, kind: type[R], parse: Callable[[bytes], R] | None = None) -> R:
    """The record in line `number` of `path`, strictly of `kind` unless `parse` reads it. Raises `SandboxError`."""
    try:
        return parse(line) if parse else kind.model_validate_json(line, strict=True)
    except ValidationError as error:
        raise _broken(path, number, of_validation(error)) from None


def _broken(path: Path, number: int, problem: str) -> SandboxError:
    return SandboxError(f"{path}:{number}: {problem}.")
