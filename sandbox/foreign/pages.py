"""The pages of a Parquet file by their headers: how much each unpacks to, and how many values it has.

Knows the Thrift of page headers (parquet-format 2.10, `PageHeader`) and unpacks nothing. A footer may say what it
likes; what is unpacked, and into how much memory, is what these headers say.
"""

from collections.abc import Iterator
from io import BufferedReader
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_HEADER: Final = 2**12  # bytes, as a rule; texts of statistics can make one longer
_LONGEST_HEADER: Final = 2**24  # as pyarrow has it
_DEEPEST: Final = 8
# Fields of `PageHeader`, and which of them describe a page with values.
_UNPACKED, _PACKED = 2, 3
_DESCRIPTIONS: Final = {5: "data", 7: "dictionary", 8: "data"}
_VALUES: Final = 1
# Types of Thrift's compact protocol.
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT, _UUID = 1, 2, 3, 7, 8, 9, 10, 12, 13
_INTEGERS: Final = (4, 5, 6)


class PageError(ValueError):
    """What is no page header."""


class Chunk(NamedTuple):
    """A column within a group of rows.

    `largest_page` is in bytes unpacked, together with the dictionary; `width` in bytes of each value where all have the
    same, else 0; `listed` if a row can have many values; `ends` if of texts only the ends are written,
    that differ from the text before.
    """

    largest_page: int
    values: int
    width: int
    listed: bool
    ends: bool


def chunks(file: BufferedReader, metadata: "pq.FileMetaData", group: int) -> Iterator[Chunk]:
    """The columns of that group. Raises `PageError`."""
    rows = metadata.row_group(group)
    for number in range(rows.num_columns):
        column, leaf = rows.column(number), metadata.schema.column(number)
        largest = dictionary = values = 0
        for kind, unpacked, count in _pages(file, column):
            if kind == "dictionary":
                dictionary = max(dictionary, unpacked)
            else:
                largest, values = max(largest, unpacked), values + count
        fixed = leaf.physical_type == "FIXED_LEN_BYTE_ARRAY"
        ends = any(encoding.startswith("DELTA") for encoding in column.encodings)
        width, listed = leaf.length if fixed else 0, leaf.max_repetition_level > 0
        yield Chunk(largest + dictionary, values, width, listed, ends)


def _pages(file: BufferedReader, column: "pq.ColumnChunkMetaData") -> Iterator[tuple[str, int, int]]:
    """Whether it is a dictionary, how many bytes it unpacks to, and how many values, of each page."""
    at, left = column.data_page_offset, column.num_values
    if column.has_dictionary_page and 0 < column.dictionary_page_offset < at:
        at = column.dictionary_page_offset
    while left > 0:
        fields, length = _header(file, at)
        unpacked, packed = _number(fields, _UNPACKED), _number(fields, _PACKED)
        described = next((field for field in _DESCRIPTIONS if isinstance(fields.get(field), dict)), None)
        kind, count = (_DESCRIPTIONS[described], _number(fields[described], _VALUES)) if described else ("other", 0)
        yield kind, unpacked, count
        left -= count if kind == "data" else 0
        at += length + packed


def _number(fields: dict[int, Any], field: int) -> int:
    found = fields.get(field)
    if type(found) is not int or found < 0:
        raise PageError("a page whose size is not said")
    return found


def _header(file: BufferedReader, at: int) -> tuple[dict[int, Any], int]:
    """The fields of the page header that begins there, and its length in bytes."""
    size = _HEADER
    while True:
        file.seek(at)
        block = file.read(size)
        try:
            return _struct(block, 0, 0)
        except IndexError:
            if len(block) < size or size >= _LONGEST_HEADER:
                raise PageError("a page header that does not end") from None
            size *= 16


def _struct(block: bytes, at: int, depth: int) -> tuple[dict[int, Any], int]:
    fields: dict[int, Any] = {}
    number = 0
    if depth > _DEEPEST:
        raise PageError("a page header that is none")
    while head := block[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            coded, at = _varint(block, at)
            number = _signed(coded)
        fields[number], at = _value(block, at, head & 15, depth)
    return fields, at + 1


def _value(block: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    """A value of that type; what says nothing of sizes is passed over."""
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, at
    if kind in _INTEGERS:
        coded, at = _varint(block, at)
        return _signed(coded), at
    if kind == _BINARY:
        length, at = _varint(block, at)
        return None, at + length
    if kind == _STRUCT:
        return _struct(block, at, depth + 1)
    if kind in (_BYTE, _DOUBLE, _UUID):
        return None, at + {_BYTE: 1, _DOUBLE: 8, _UUID: 16}[kind]
    raise PageError("a page header that is none")


def _varint(block: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = block[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if not byte & 128:
            return value, at
        if shift > 63:
            raise PageError("a page header that is none")


def _signed(coded: int) -> int:
    return (coded >> 1) ^ -(coded & 1)
