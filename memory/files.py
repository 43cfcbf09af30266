"""Files written in one step, and JSON lines read with suspicion. Knows no vectors, and loads no numpy."""

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from memory.opening import folder_of, open_followed, read_whole

Record = TypeVar("Record")
MOST_TEXT: Final = 1 << 30  # bytes: a million questions of a thousand letters


class StoreError(ValueError):
    """A file that cannot be read as what it should be; the message names the file and says why."""


def write_atomically(path: Path, data: bytes | Iterator[bytes], *, durable: bool = False, depth: int = 1) -> None:
    """Replace `path` by `data`, whole or in pieces, in one step: no reader ever sees half a file. Raises `OSError`.

    `durable` waits until the bytes are on the disk; it costs milliseconds, too much for thousands of files. No link
    among the last `depth` parts of `path` is followed: one in place of the file is replaced.
    """
    with folder_of(path, depth) as folder:
        replace_in(folder, path.name, data, durable=durable)


def replace_in(folder: int, name: str, data: bytes | Iterator[bytes], *, durable: bool = False) -> None:
    """`write_atomically`, of the file called `name` in the folder of that descriptor."""
    # A name that nobody can know before, so that nothing lies there to be written through.
    temporary = f".{name}.{secrets.token_hex(8)}.tmp"
    try:
        with os.fdopen(_fresh(temporary, folder), "wb") as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise


def _fresh(name: str, folder: int) -> int:
    return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666, dir_fd=folder)


def dump_lines(records: Iterable[Mapping[str, object]]) -> bytes:
    """UTF-8 JSON lines, compact, keys in the order given, lone surrogates replaced by U+FFFD."""
    return b"".join(_dump_line(record) for record in records)


def _dump_line(record: Mapping[str, object]) -> bytes:
    try:
        return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # the one text orjson refuses is one with a lone surrogate
        whole = {key: _whole(value) if isinstance(value, str) else value for key, value in record.items()}
        return orjson.dumps(whole, option=orjson.OPT_APPEND_NEWLINE)


def _whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read_lines(path: Path, record: TypeAdapter[Record]) -> list[Record]:
    """The records of a JSON-lines file, in order. Raises `StoreError` with the number of the first bad line."""
    lines = read_bytes(path, MOST_TEXT).split(b"\n")
    if lines.pop():
        raise StoreError(f"{path} cannot be used: its last line is cut off.")
    return [_read_line(path, number, line, record) for number, line in enumerate(lines, start=1)]


def _read_line(path: Path, number: int, line: bytes, record: TypeAdapter[Record]) -> Record:
    try:
        return record.validate_json(line, strict=True)
    except ValidationError as error:
        raise StoreError(f"{path} cannot be used: line {number} is none of its records.") from error


def sha256_of(path: Path) -> str:
    """Sha256 (hex) of a regular file, however large; links are followed. Raises `OSError`, also for a pipe."""
    with open_followed(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_bytes(path: Path, most: int) -> bytes:
    """All of a file of at most `most` bytes in a folder that is no link. Raises `StoreError`."""
    try:
        return read_whole(path, most, depth=2)
    except OSError as error:
        raise StoreError(f"{path} cannot be used: {error.strerror}.") from error
