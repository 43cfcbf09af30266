"""JSON lines, read with suspicion and also while they grow. Knows bytes and records; not which files a run has."""

import os
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from memory.opening import open_to_read
from sandbox.errors import SandboxError, of_json, of_validation
from sandbox.runs.strict_json import read_strictly

R = TypeVar("R", bound=BaseModel)
_TAIL_BYTES: Final = 1 << 16
_BLOCK_BYTES: Final = 1 << 20
# An interaction with ten thousand neighbours, each of whom said eight thousand words, has a line of half of this.
LONGEST_LINE: Final = 1 << 28  # bytes


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


def line_number(path: Path, place: int) -> int:
    """The number, from 1, of the line that begins at byte `place`."""
    return _newlines(path, place) + 1


def whole_end(path: Path) -> int:
    """How many bytes of the file hold the lines that `read_lines` gives; 0 for a file that is not there.

    Raises `SandboxError` as it does for a last line that is neither whole nor torn.
    """
    try:
        with open_to_read(path) as file:
            end = file.seek(0, os.SEEK_END)
            torn = _torn(file, path, end)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise _unreadable(path, error) from None
    before = end - len(torn)
    return before + len(_kept(torn, path, _newlines(path, before) + 1)) if torn else end


def _torn(file: BufferedReader, path: Path, end: int) -> bytes:
    """What stands behind the last newline in the first `end` bytes."""
    reach = _TAIL_BYTES
    while True:
        start = max(0, end - reach)
        file.seek(start)
        last = file.read(end - start)
        if (newline := last.rfind(b"\n")) >= 0 or not start:
            return last[newline + 1 :]
        if reach > LONGEST_LINE:
            raise _too_long(path, _newlines(path, start) + 1)
        reach = min(4 * reach, LONGEST_LINE + 1)


def _newlines(path: Path, end: int) -> int:
    """How many there are in the first `end` bytes."""
    count = length = 0
    with open_to_read(path) as file:
        while end > 0 and (block := file.read(min(end, _BLOCK_BYTES))):
            newlines = block.count(b"\n")
            length = len(block) - block.rfind(b"\n") - 1 if newlines else length + len(block)
            count, end = count + newlines, end - len(block)
            if length > LONGEST_LINE:
                raise _too_long(path, count + 1)
    return count


def _is_open_ended(path: Path, end: int) -> bool:
    with open_to_read(path) as file:
        file.seek(end - 1)
        return file.read(1) != b"\n"


def raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that count, numbered from 1, as they stand there. Raises as `read_lines` does for the last one."""
    try:
        with open_to_read(path) as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), 1):
                if len(line) > LONGEST_LINE:
                    raise _too_long(path, number)
                if kept := _kept(line, path, number):
                    yield number, kept
                if not line.endswith(b"\n"):
                    return  # what a writer appends meanwhile is the rest of this line
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unreadable(path, error) from None


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
        return parse(line) if parse else read_strictly(kind, line)
    except ValidationError as error:
        raise _broken(path, number, of_validation(error)) from None


def _too_long(path: Path, number: int) -> SandboxError:
    return _broken(path, number, f"a line of more than {LONGEST_LINE >> 20} MiB")


def _unreadable(path: Path, error: OSError) -> SandboxError:
    return SandboxError(f"{path}: cannot be read: {error.strerror}.")


def _broken(path: Path, number: int, problem: str) -> SandboxError:
    return SandboxError(f"{path}:{number}: {problem}.")
