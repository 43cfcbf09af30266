"""Parquet files as rows, a batch at a time. Knows which types of columns can be read, and no other format."""

from collections.abc import Callable, Iterator, Mapping
from io import BufferedReader
from itertools import count
from typing import TYPE_CHECKING, Final

from sandbox.errors import UsageError
from sandbox.questions.columns import Columns
from sandbox.questions.rows import Row, row
from sandbox.questions.streams import refuse_foreign

if TYPE_CHECKING:
    import pyarrow as pa

_START: Final = 256


def parquet_rows(file: BufferedReader, shown: str, columns: Columns) -> Iterator[Row]:
    """Rows of the file, read where they stand. Raises `UsageError` for what is no Parquet, or no text."""
    import pyarrow as pa

    from sandbox.foreign.bounded import BoundedParquet, TooLargeError
    from sandbox.foreign.pages import PageError

    refuse_foreign(file.peek(_START), shown)
    places = (f"{shown}, row {number}" for number in count(1))
    try:
        with BoundedParquet(file) as table:
            found = _readable(table.schema, columns, shown)
            for batch in table.batches(list(found.values())):
                for fields in batch.to_pylist():
                    yield row(fields, found, next(places))
    except TooLargeError as error:
        place = shown if error.row is None else f"{shown}, row {error.row}"
        raise UsageError(f"{place}: {error}\ntake a part of it, or write it as JSON lines") from error
    except (pa.ArrowException, PageError, UnicodeDecodeError) as error:
        why = (
            "a text in it is no UTF-8" if isinstance(error, UnicodeDecodeError) else "it is damaged, cut short, or none"
        )
        raise UsageError(f"{shown} cannot be read as Parquet: {why}\ncopy it again") from error


def _readable(schema: "pa.Schema", columns: Columns, shown: str) -> Mapping[str, str]:
    """The columns to read, refused before any value is converted: a date may not even fit Python's."""
    found = columns.of(schema.names, shown)
    kinds = {key: schema.field(name).type for key, name in found.items()}
    if "question" in found:  # then numbers, such as which of two was chosen, are no answers and no fault
        kinds = {key: kind for key, kind in kinds.items() if key not in ("chosen", "rejected") or not _is_number(kind)}
    for key, kind in kinds.items():
        wanted, fits = _WANTED[key]
        if not fits(kind):
            raise UsageError(f"{shown}: column `{found[key]}` is {str(kind)[:80]}\nwanted: {wanted}")
    return {key: found[key] for key in kinds}


def _is_number(kind: "pa.DataType") -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind))


def _is_text(kind: "pa.DataType") -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_null(kind: "pa.DataType") -> bool:
    """Whether all that stands there is null."""
    from pyarrow import types

    return bool(types.is_null(kind))


def _item(kind: "pa.DataType") -> "pa.DataType | None":
    """What a list is of; None for what is no list."""
    from pyarrow import types

    lists = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return kind.value_type if lists else None


def _is_dialogue(kind: "pa.DataType") -> bool:
    from pyarrow import types

    message = _item(kind)
    fields = {field.name for field in message} if message and types.is_struct(message) else set()
    return _is_text(kind) or {"role", "content"} <= fields


def _is_gold(kind: "pa.DataType") -> bool:
    from pyarrow import types

    return _is_text(kind) or _is_null(kind) or (_is_number(kind) and not types.is_boolean(kind))


def _is_options(kind: "pa.DataType") -> bool:
    item = _item(kind)
    return _is_text(kind) or _is_null(kind) or (item is not None and _is_text(item))


def _is_material(kind: "pa.DataType") -> bool:
    return _is_text(kind) or _is_null(kind)


_DIALOGUE: Final = ("string, or a list of messages with `role` and `content`", _is_dialogue)
# What a column that is read so has to be, in words and as a test.
_WANTED: Final[Mapping[str, tuple[str, Callable[["pa.DataType"], bool]]]] = {
    "question": _DIALOGUE,
    "considerate": ("string", _is_text),
    "inconsiderate": ("string", _is_text),
    "chosen": _DIALOGUE,
    "rejected": _DIALOGUE,
    "gold": ("string, or whole numbers", _is_gold),
    "options": ("a list of strings", _is_options),
    "material": ("string", _is_material),
}
