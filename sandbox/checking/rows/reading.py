"""Rows of `.jsonl`, `.json` (both perhaps `.gz`) and `.parquet` files as a stream. What cannot be read is noted.

Knows formats and bytes; not what the columns of a row mean.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from agents.json_values import TooManyValuesError, check_values
from sandbox.checking.names import Code, Edition
from sandbox.checking.rows.json_array import elements
from sandbox.errors import kind_in_words, of_reading
from sandbox.foreign.bounded import BoundedParquet, TooLargeError
from sandbox.foreign.packed import bounded

ENDINGS: Final[dict[str, Edition]] = {".jsonl": "json", ".json": "json", ".parquet": "parquet"}
_PACKED: Final = ".gz"
LONGEST_LINE: Final = (
    16 << 20
)  # bytes; a longer one would fill the memory: four times as many where one of its characters is rare
_BOM: Final = b"\xef\xbb\xbf"
# What pyarrow raises for damaged files and for values that Python cannot hold, beside its own errors.
_UNREADABLE: Final = (OSError, ValueError, OverflowError, TypeError, KeyError, RecursionError, MemoryError)

NoteFault = Callable[[Code, int | None, str], None]


class RowRead(NamedTuple):
    """A row, the line or number it has in its file, and how many bytes of the file lie before it."""

    number: int
    offset: int
    values: dict[str, Any]


def edition_of(path: Path) -> Edition | None:
    """By the ending of the name, which alone says the format; None for what holds no rows."""
    name = path.name.lower()
    edition = ENDINGS.get(Path(name.removesuffix(_PACKED)).suffix)
    return None if edition == "parquet" and name.endswith(_PACKED) else edition


def read_rows(path: Path, note: NoteFault) -> Iterator[RowRead]:
    """The rows of `path` in order. `note` is told what cannot be read: a code, the row (None: the file), a reason."""
    reader = _parquet if edition_of(path) == "parquet" else _json
    try:
        yield from reader(path, note)
    except TooLargeError as error:
        note("unreadable_file", error.row, str(error))
    except (OSError, EOFError, zlib.error) as error:
        note("unreadable_file", None, of_reading(error))


def _json(path: Path, note: NoteFault) -> Iterator[RowRead]:
    with _opened(path) as file:
        start = file.peek(1024).removeprefix(_BOM).lstrip()
        if start.startswith(b"["):
            yield from _array(file, note)
        else:
            yield from _lines(file, note)


def _opened(path: Path) -> BufferedReader:
    if path.name.lower().endswith(_PACKED):
        return bounded(gzip.open(path, "rb"), path.stat().st_size)
    return path.open("rb")


def _array(file: BufferedReader, note: NoteFault) -> Iterator[RowRead]:
    """`datasets` reads an array as a whole, so all of it counts as its beginning."""
    for number, (value, problem) in enumerate(elements(file), 1):
        if problem:
            note(problem[0], number, problem[1])
        elif isinstance(value, dict):
            yield RowRead(number, 0, value)
        else:
            note("not_an_object", number, kind_in_words(value))


def _lines(file: BufferedReader, note: NoteFault) -> Iterator[RowRead]:
    offset = 0
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), 1):
        before, offset = offset, offset + len(line)
        if len(line) > LONGEST_LINE:
            offset += _skip_line(file, line)
            note("broken_line", number, f"longer than {LONGEST_LINE >> 20} MiB")
            continue
        try:
            check_values(line)
            value = orjson.loads(line)
        except TooManyValuesError as error:
            note("broken_line", number, str(error))
            continue
        except orjson.JSONDecodeError as error:
            if not line.removeprefix(_BOM).strip():
                continue
            value = _second_look(line.removeprefix(_BOM) if number == 1 else line, error, number, note)
        if type(value) is dict:
            yield RowRead(number, before, value)
        elif value is not _NOTHING:
            note("not_an_object", number, kind_in_words(value))


_NOTHING: Final = object()


def _second_look(line: bytes, error: Exception, number: int, note: NoteFault) -> Any:
    """What orjson refuses: numbers that are none, which `datasets` reads, or what nobody reads (then it is noted)."""
    try:
        text = line.decode()
    except UnicodeDecodeError as found:
        note("not_utf8", number, f"byte {found.start + 1} is 0x{line[found.start]:02x}")
        return _NOTHING
    if "surrogate" in str(error):
        note("lone_surrogate", number, "")
        return _NOTHING
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as found:
        note("broken_line", number, of_reading(found))
        return _NOTHING


def _skip_line(file: BufferedReader, line: bytes) -> int:
    """Read on to the end of a line that began with `line`; how many bytes that was."""
    skipped = 0
    while line and not line.endswith(b"\n"):
        line = file.readline(LONGEST_LINE)
        skipped += len(line)
    return skipped


def _parquet(path: Path, note: NoteFault) -> Iterator[RowRead]:
    import pyarrow as pa

    number, unreadable = 0, (pa.ArrowException, *_UNREADABLE)
    try:
        with path.open("rb") as file, BoundedParquet(file) as table:
            for batch in table.batches():
                try:
                    rows = batch.to_pylist()
                except unreadable as error:
                    note("unreadable_file", number + 1, of_reading(error))
                    rows = []
                for place, values in enumerate(rows, number + 1):
                    yield RowRead(place, 0, values)
                number += batch.num_rows
    except TooLargeError:  # which is an error of values, too
        raise
    except unreadable as error:
        note("unreadable_file", None, of_reading(error))
