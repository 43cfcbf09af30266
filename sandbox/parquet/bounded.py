"""Parquet files of others, read by bytes: what a file unpacks to has a bound, whatever its size says.

Knows pages, dictionaries and rows of Arrow; not what a column means. A file of 70 KB can say that a text of 1 MB stands
in each of its rows, hold a page of gigabytes of blanks, or a list of a billion nulls.
"""

from collections.abc import Iterator
from io import BufferedReader
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sandbox.parquet.pages import Chunk, chunks

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH: Final = 1000  # rows at a time, fewer where they may be large
LARGEST_ROW: Final = 16 * 2**20  # bytes, as Python holds them
_AT_ONCE: Final = 2**20  # bytes of a column; otherwise a group of rows is read as a whole
MOST_COLUMNS: Final = 10_000
_OBJECT: Final = 64  # bytes of a value beside its text
# What may be unpacked at once: writers make pages of 1 MB as a rule, and some one of each column of 100,000 rows. Text
# is packed to a tenth, seldom to less.
_PAGES: Final = 128 * 2**20
_PAGES_PER_BYTE: Final = 16
# Values in lists, of a group of rows: one of its rows may have them all. Even short ones take a byte of the file.
_IN_LISTS: Final = 8_000_000
_IN_LISTS_PER_BYTE: Final = 4
# What all rows may be: the same long text in each of 100,000 rows is as much, copies without end are more.
_ALL: Final = 256 * 2**20
_ALL_PER_BYTE: Final = 256
_ROW: Final = 1024  # bytes that stand for the time that a row takes, be it empty


class TooLargeError(ValueError):
    """What unpacks to more than is read; `str()` says what, `row` which it is, from 1, if it is one."""

    def __init__(self, what: str, row: int | None = None) -> None:
        super().__init__(what)
        self.row: Final = row


class BoundedParquet:
    """The table in a file, whose texts are each held once for all rows that have them. A context manager.

    Raises `TooLargeError` for a file that unpacks to far more than its size, `PageError`, and
    what pyarrow raises.
    """

    def __init__(self, file: BufferedReader) -> None:
        import pyarrow.parquet as pq

        metadata = pq.ParquetFile(file, pre_buffer=False).metadata
        if metadata.num_columns > MOST_COLUMNS:
            raise TooLargeError(f"{metadata.num_columns} columns; up to {MOST_COLUMNS} are read")
        self._size: Final = file.seek(0, 2)
        groups = [list(chunks(file, metadata, group)) for group in range(metadata.num_row_groups)]
        for group in groups:
            _check(group, self._size)
        shared = _shared(metadata, groups)
        self._nested: Final = any("." in path for path in shared)
        self._rows: Final = max(1, min(BATCH, _PAGES // max([1, *map(_unshared, groups)])))
        self._table: Final = pq.ParquetFile(
            file, metadata=metadata, read_dictionary=shared, pre_buffer=False, buffer_size=_AT_ONCE
        )

    def __enter__(self) -> "BoundedParquet":
        return self

    def __exit__(self, *_: object) -> None:
        self._table.close()

    @property
    def schema(self) -> "pa.Schema":
        """Names and types of columns."""
        return self._table.metadata.schema.to_arrow_schema()

    def batches(self, columns: list[str] | None = None) -> "Iterator[pa.RecordBatch]":
        """The rows in order, in batches that Python can hold. Raises `TooLargeError` at a row that is too much."""
        left, row = _ALL + _ALL_PER_BYTE * self._size, 1
        for batch in self._batches(columns):
            for piece in _pieces(batch, row):
                left -= piece.bytes + _ROW * piece.batch.num_rows
                if left < 0:
                    raise TooLargeError(
                        f"{self._size} bytes whose rows are far more, and are read no further", piece.row
                    )
                yield _plain(piece.batch)
            row += batch.num_rows

    def _batches(self, columns: list[str] | None) -> "Iterator[pa.RecordBatch]":
        """Group by group where it must be: pyarrow joins no lists of texts that two dictionaries have."""
        numbers = range(self._table.num_row_groups)
        for groups in [[number] for number in numbers] if self._nested else [list(numbers)]:
            yield from self._table.iter_batches(self._rows, groups, columns)


def _shared(metadata: "pq.FileMetaData", groups: list[list[Chunk]]) -> list[str]:
    """The columns whose texts are held once: pyarrow cannot where texts are written as their ends alone."""
    leaves = [metadata.schema.column(number) for number in range(metadata.num_columns)]
    ends = {number for group in groups for number, chunk in enumerate(group) if chunk.ends}
    texts = [leaf.physical_type == "BYTE_ARRAY" and leaf.logical_type.type != "DECIMAL" for leaf in leaves]
    return [leaf.path for number, leaf in enumerate(leaves) if texts[number] and number not in ends]


def _unshared(group: list[Chunk]) -> int:
    """The longest that a row can be in the other columns; no text is longer than its page."""
    return sum(chunk.largest_page for chunk in group if chunk.ends)


def _check(group: list[Chunk], size: int) -> None:
    unpacked = sum(chunk.largest_page + chunk.width * (chunk.values if chunk.listed else BATCH) for chunk in group)
    if unpacked > _PAGES + _PAGES_PER_BYTE * size:
        raise TooLargeError(f"{size} bytes that unpack to {unpacked >> 20} MiB at once")
    listed = sum(chunk.values for chunk in group if chunk.listed)
    if listed > _IN_LISTS + _IN_LISTS_PER_BYTE * size:
        raise TooLargeError(f"{size} bytes that unpack to lists of {listed} values")


class _Piece(NamedTuple):
    """Rows from `row` on, and how many bytes Python needs for them."""

    row: int
    batch: "pa.RecordBatch"
    bytes: int


def _pieces(batch: "pa.RecordBatch", row: int) -> Iterator[_Piece]:
    """`batch`, or its halves, quarters, ... that are small enough."""
    size = sum(map(_bytes_of, batch.columns))
    if size <= LARGEST_ROW:
        yield _Piece(row, batch, size)
    elif batch.num_rows == 1:
        raise TooLargeError(f"a row of more than {LARGEST_ROW >> 20} MiB", row)
    else:
        half = batch.num_rows // 2
        yield from _pieces(batch[:half], row)
        yield from _pieces(batch[half:], row + half)


def _bytes_of(array: Any) -> int:
    """What `array` takes as values of Python."""
    from pyarrow import types

    kind, own = array.type, _OBJECT * len(array)
    if types.is_dictionary(kind):
        return own + _bytes_of_texts(array)
    if types.is_nested(kind):
        inner = _entries(array) if types.is_map(kind) else array.flatten()
        return own + sum(map(_bytes_of, inner if isinstance(inner, list) else [inner]))
    return own + int(getattr(array, "storage", array).nbytes)


def _entries(array: "pa.MapArray") -> "list[pa.Array]":
    """Keys and items, of which `array` may have a part."""
    start, end = array.offsets[0].as_py(), array.offsets[-1].as_py()
    return [array.keys[start:end], array.items[start:end]]


def _bytes_of_texts(array: "pa.DictionaryArray") -> int:
    import pyarrow.compute as pc
    from pyarrow import types

    kind = array.dictionary.type
    texts = (types.is_string, types.is_binary, types.is_large_string, types.is_large_binary)
    if not any(is_text(kind) for is_text in texts):
        return int(array.nbytes)
    return pc.sum(pc.binary_length(array.dictionary).take(array.indices)).as_py() or 0


def _plain(batch: "pa.RecordBatch") -> "pa.RecordBatch":
    """The same with texts in the columns themselves, of which Python makes values faster."""
    import pyarrow as pa
    from pyarrow import types

    columns = [each.dictionary_decode() if types.is_dictionary(each.type) else each for each in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
