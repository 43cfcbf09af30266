"""Vectors and JSON lines as files: atomic writes, and readers that treat every file as hostile.

Knows file formats, not what is remembered. A reader either returns what the file says, checked, or raises
`StoreError` with the file's name; it never unpickles and never reserves more memory than the file is long.
"""

import os
import re
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

Vectors = NDArray[np.float32]
Record = TypeVar("Record")

_NPY_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00.."
    rb"\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d{1,15}), (\d{1,15})\), \} *\n",
    re.DOTALL,
)
# FAISS's flat inner-product index: four letters, dimension, rows, two unused, trained, metric, number of floats.
_FLAT_HEADER = struct.Struct("<4siqqqBiQ")
_FLAT_NAME = b"IxFI"
_INNER_PRODUCT = 0


class StoreError(ValueError):
    """A file that cannot be read as what it should be; the message names the file and says why."""


def write_atomically(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Replace `path` by `data` in one step, so that no reader ever sees half a file. Raises `OSError`.

    `durable` waits until the bytes are on the disk; it costs milliseconds, too much for thousands of files.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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
    lines = _read(path).split(b"\n")
    if lines.pop():
        raise StoreError(f"{path} cannot be used: its last line is cut off.")
    return [_read_line(path, number, line, record) for number, line in enumerate(lines, start=1)]


def _read_line(path: Path, number: int, line: bytes, record: TypeAdapter[Record]) -> Record:
    try:
        return record.validate_json(line, strict=True)
    except ValidationError as error:
        reason = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise StoreError(f"{path} cannot be used: line {number}: {reason}.") from error


def read_npy(path: Path) -> Vectors:
    """The float32 rows (n, d) of a `.npy` file as `numpy.save` writes them. Raises `StoreError`.

    The header is matched here: numpy parses it as Python, and fails on a spoilt one in a dozen ways.
    """
    data = _read(path)
    header = _NPY_HEADER.match(data)
    if not header or header.end() != 10 + int.from_bytes(data[8:10], "little"):
        raise StoreError(f"{path} cannot be used: it is no .npy file of float32 rows.")
    return _rows(path, data[header.end() :], int(header[1]), int(header[2]))


def read_flat(path: Path) -> Vectors:
    """The float32 rows (n, d) of a FAISS flat inner-product index. Raises `StoreError`.

    Read here and not by FAISS, whose reader believes the sizes in a file before it has seen the bytes.
    """
    data = _read(path)
    if len(data) < _FLAT_HEADER.size:
        raise StoreError(f"{path} cannot be used: it is too short to be a FAISS index.")
    name, dimension, rows, _, _, _, metric, numbers = _FLAT_HEADER.unpack_from(data)
    if (name, metric, numbers) != (_FLAT_NAME, _INNER_PRODUCT, rows * dimension):
        raise StoreError(f"{path} cannot be used: it is no flat inner-product FAISS index.")
    return _rows(path, data[_FLAT_HEADER.size :], rows, dimension)


def _rows(path: Path, data: bytes, rows: int, dimension: int) -> Vectors:
    if min(rows, dimension) < 0 or len(data) != 4 * rows * dimension:
        raise StoreError(f"{path} cannot be used: its size is not that of {rows} rows of {dimension} float32.")
    return np.frombuffer(data, "<f4").reshape(rows, dimension).astype(np.float32)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be used: {error.strerror}.") from error
