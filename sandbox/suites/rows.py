"""The rows of a file of items, each with its place: JSON lines, CSV, or Parquet. Knows no field of an item.

A small file can unpack to what fills a memory, so what is read of it has a bound.
"""

from collections.abc import Iterable, Iterator
from io import BufferedReader
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sandbox.errors import UsageError, kind_in_words
from sandbox.questions.documents import json_value
from sandbox.questions.files import faults_of
from sandbox.questions.kinds import PARQUET, kind_of
from sandbox.questions.streams import Line, lines, refuse_foreign
from sandbox.questions.tables import csv_fields

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ITEMS: Final = 1_000_000
MOST_TEXT: Final = 256 << 20  # characters
_LINES: Final = (".jsonl", ".ndjson")
_KINDS: Final = (*_LINES, ".csv", PARQUET)
_FORM: Final = "wanted: an object a line, an item each"
_START: Final = 256


class Row(NamedTuple):
    """What a file says of one item, and where."""

    place: str
    fields: dict[str, Any]


def rows(path: Path) -> Iterator[Row]:
    """The rows of the file at `path`. Raises `UsageError` that names the line."""
    kind = kind_of(path.name)
    if kind not in _KINDS:
        raise UsageError(f"{path}: items are read from files that end in .jsonl, .jsonl.gz, .csv or .parquet")
    if not path.is_file():
        raise UsageError(f"{path}: {'this is no regular file' if path.exists() else 'no such file'}; `items` names it")
    with faults_of(str(path)), path.open("rb") as file:
        for number, row in enumerate(_rows(file, path, kind), 1):
            if number > MOST_ITEMS:
                raise UsageError(f"{row.place}: more than {MOST_ITEMS:,} items; ask a part of them")
            yield row


def _rows(file: BufferedReader, path: Path, kind: str) -> Iterator[Row]:
    if kind == PARQUET:
        return _of_parquet(file, str(path))
    found = _bounded(lines(file, path.name, str(path)), str(path))
    return _of_lines(found) if kind in _LINES else (Row(*each) for each in csv_fields(found, str(path)))


def _bounded(found: Iterable[Line], shown: str) -> Iterator[Line]:
    left = MOST_TEXT
    for line in found:
        left -= len(line.text)
        if left < 0:
            raise UsageError(f"{shown}: more than {MOST_TEXT >> 20} MiB of text; ask a part of the items")
        yield line


def _of_lines(found: Iterator[Line]) -> Iterator[Row]:
    for line in found:
        if not line.text.strip():
            continue
        value = json_value(line.text, line.place, line.number, _FORM, once=True)
        if not isinstance(value, dict):
            raise UsageError(f"{line.place}: found {kind_in_words(value)}\n{_FORM}")
        yield Row(line.place, value)


def _of_parquet(file: BufferedReader, shown: str) -> Iterator[Row]:
    import pyarrow as pa

    from sandbox.foreign.bounded import BoundedParquet, TooLargeError
    from sandbox.foreign.pages import PageError

    refuse_foreign(file.peek(_START), shown)
    places = (f"{shown}, row {number}" for number in count(1))
    try:
        with BoundedParquet(file) as table:
            _refuse_types(table.schema, shown)
            for batch in table.batches():
                for fields in batch.to_pylist():
                    yield Row(next(places), fields)
    except TooLargeError as error:
        raise UsageError(f"{shown}: {error}\nwrite it as JSON lines") from error
    except (pa.ArrowException, PageError, UnicodeDecodeError) as error:
        raise UsageError(f"{shown} cannot be read as Parquet: it is damaged, or none\ncopy it again") from error


def _refuse_types(schema: "pa.Schema", shown: str) -> None:
    """Raise `UsageError` for a column of what JSON has not: it could not be kept with an evaluation."""
    if len({*schema.names}) < len(schema.names):
        raise UsageError(f"{shown}: two columns have one name\ngive each a name of its own")
    for field in schema:
        if not _is_json(field.type):
            raise UsageError(f"{shown}: column `{field.name[:40]}` is {str(field.type)[:80]}\nleave it out")


def _is_json(kind: "pa.DataType") -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _is_json(kind.value_type)
    if types.is_struct(kind):
        return all(_is_json(field.type) for field in kind)
    if types.is_list(kind) or types.is_large_list(kind):
        return _is_json(kind.value_type)
    text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    return bool(text or number or types.is_null(kind))
