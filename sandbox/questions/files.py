"""Question files: rows of a `.jsonl`, `.txt`, `.csv` (plain or `.gz`) or `.parquet` file, read as a stream.

Knows formats, and how to say what is wrong with a file: every fault is a `UsageError` of at most three lines
that names the file, the line and what was found. Does not know which rows make a question set.
"""

import csv
import difflib
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BufferedIOBase
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandbox.errors import UsageError
from sandbox.questions.rows import KEYS, Row, known_keys, row

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_LINE: Final = 128 * 2**20  # bytes; a small gzip file can unpack to a line that fills the memory
_BOM: Final = b"\xef\xbb\xbf"
_Reader = Callable[[BufferedIOBase, str], Iterator[Row]]


def rows(path: Path) -> Iterator[Row]:
    """Rows of `path` in file order; the ending of its name says the format, nothing else does.

    `.jsonl`: an object a line with `question` (and perhaps `considerate`, `inconsiderate`), or with the
    transcripts `chosen` and `rejected` of HH-RLHF. `.csv` (its first line names the columns) and `.parquet`:
    the same names as columns. `.txt`: a question a line. Text is UTF-8, with a byte order mark or without;
    blank lines are skipped. Raises `UsageError` at the first fault: rows before it are yielded by then.
    """
    zipped = path.name.lower().endswith(".gz")
    with _faults_of(path), gzip.GzipFile(path) if zipped else path.open("rb") as file:
        yield from _reader(path)(file, repr(str(path)))


def _json_lines(stream: BufferedIOBase, file: str) -> Iterator[Row]:
    for place, line in _lines(stream, file):
        if line.strip():
            yield row(_object(line, place), place)


def _text_lines(stream: BufferedIOBase, file: str) -> Iterator[Row]:
    return (Row(line) for _, line in _lines(stream, file) if line.strip())


def _csv(stream: BufferedIOBase, file: str) -> Iterator[Row]:
    table = csv.DictReader((line for _, line in _lines(stream, file)), strict=True)
    try:
        if table.fieldnames is not None:
            _columns(table.fieldnames, f"{file}, line 1 (names of the columns)")
        for fields in table:
            place = f"{file}, line {table.line_num}"
            if None in fields:
                raise UsageError(f"{place}: more fields than columns\nput a text that has a comma in quotes")
            yield row(fields, place)
    except csv.Error as error:
        found = str(error).partition(" - ")[0]  # what follows is advice to programmers
        raise UsageError(f"{file}, line {table.reader.line_num}: {found}\nwanted: comma-separated values") from error


def _parquet(stream: BufferedIOBase, file: str) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    places = (f"{file}, row {number}" for number in count(1))
    try:
        with pq.ParquetFile(stream) as table:
            for batch in table.iter_batches(batch_size=4096, columns=_text_columns(table.schema_arrow, file)):
                for fields in batch.to_pylist():
                    yield row(fields, next(places))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as Parquet: {_reason(error)}") from error


_READERS: Final[Mapping[str, _Reader]] = {
    ".jsonl": _json_lines,
    ".jsonl.gz": _json_lines,
    ".txt": _text_lines,
    ".txt.gz": _text_lines,
    ".csv": _csv,
    ".csv.gz": _csv,
    ".parquet": _parquet,
}
_SETS: Final = f"a question set is hh-rlhf, starter, or a file that ends in {', '.join(_READERS)}"


def _reader(path: Path) -> _Reader:
    for suffix, reader in _READERS.items():
        if path.name.lower().endswith(suffix):
            return reader
    raise UsageError(f"{str(path)!r} is of no known kind: the ending of its name says it\n{_SETS}")


def _lines(stream: BufferedIOBase, file: str) -> Iterator[tuple[str, str]]:
    r"""Each line as (its place, its text with the ending). Only `\n` ends a line: texts hold other breaks."""
    for number, line in enumerate(iter(lambda: stream.readline(LONGEST_LINE + 1), b""), 1):
        place = f"{file}, line {number}"
        if len(line) > LONGEST_LINE:
            raise UsageError(f"{place}: longer than {LONGEST_LINE} bytes\nwanted: a line for each question")
        yield place, _decoded(line.removeprefix(_BOM) if number == 1 else line, place)


def _decoded(line: bytes, place: str) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        found = f"byte {error.start + 1} (0x{line[error.start]:02x}) is not UTF-8"
        raise UsageError(f"{place}: {found}\nsave the file as UTF-8") from error


def _object(line: str, place: str) -> dict[str, object]:
    wanted = f"wanted: an object a line with {KEYS}"
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise UsageError(f"{place}: not JSON ({error.msg}, column {error.colno})\n{wanted}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{place}: a number too long or nesting too deep to read\n{wanted}") from error
    if not isinstance(value, dict):
        raise UsageError(f"{place}: found {type(value).__name__}\n{wanted}")
    return value


def _columns(names: Sequence[str], place: str) -> list[str]:
    keys = known_keys(names, place)
    for key in keys:
        if names.count(key) > 1:
            raise UsageError(f"{place}: more than one column `{key}`")
    return list(keys)


def _text_columns(schema: "pa.Schema", file: str) -> list[str]:
    """Columns to read, refused before any value is converted: a date may not even fit Python's."""
    keys = _columns(schema.names, file)
    for field in schema:
        if field.name in keys and not _is_text(field.type):
            raise UsageError(f"{file}: column `{field.name}` is {str(field.type)[:80]}\nwanted: string")
    return keys


def _is_text(kind: "pa.DataType") -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


@contextmanager
def _faults_of(path: Path) -> Iterator[None]:
    """Translate what opening and reading may raise."""
    try:
        yield
    except FileNotFoundError as error:
        raise UsageError(_absent(path)) from error
    except IsADirectoryError as error:
        raise UsageError(f"{str(path)!r} is a folder: name a file in it\n{_SETS}") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UsageError(f"{str(path)!r} is no whole gzip file: {_reason(error)}\ncopy it again") from error
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror or _reason(error)}") from error


def _absent(path: Path) -> str:
    try:
        names = [entry.name for entry in islice(path.parent.iterdir(), 2000)]
    except OSError:
        return f"no question file {str(path)!r}: there is no folder {str(path.parent)!r}\n{_SETS}"
    near = ", ".join(map(repr, difflib.get_close_matches(path.name, names)))
    return f"no question file {str(path)!r}{f'; did you mean {near}?' if near else ''}\n{_SETS}"


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
