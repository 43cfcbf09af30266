"""Parquet files of others, read by bytes: what a file unpacks to has a bound, whatever its size says.

Knows pages, dictionaries and rows of Arrow; not what a column means. A file of 70 KB can say that a text of 1 MB stands
in each of its rows, hold a page of gigabytes of blanks, or a list of a billion nulls.
"""

from collections.abc import Iterator, Mapping
from io import BufferedReader
from typing import TYPE_CHECKING, Final, NamedTuple

from sandbox.foreign.pages import Chunk, chunks
from sandbox.foreign.sizes import bytes_of

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH: Final = 1000  # rows at a time, fewer where they may be large
LARGEST_ROW: Final = 16 * 2**20  # bytes, as Python holds them
_BATCH_BYTES: Final = 64 * 2**20
_FEW: Final = 64  # rows at a time; reading fewer takes longer than holding each text once
_TEXT: Final = "BYTE_ARRAY"
_AT_ONCE: Final = 2**20  # bytes of a column; otherwise a group of rows is read as a whole
MOST_COLUMNS: Final = 10_000
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
    """The table in a file, whose texts, where they can be long, are held once for all rows. A context manager.

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
        texts = _texts(metadata, groups)
        shared = {number: path for number, path in texts.items() if "." in path}
        self._nested: Final = bool(shared)
        if _rows(metadata, groups, shared) < _FEW:
            shared = texts
        self._rows: Final = _rows(metadata, groups, shared)
        paths = [*shared.values()]
        self._table: Final = pq.ParquetFile(
            file, metadata=metadata, read_dictionary=paths, pre_buffer=False, buffer_size=_AT_ONCE
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
        kinds = {field.name: field.type for field in self.schema}
        for batch in self._batches(columns):
            for piece in _pieces(batch, row):
                left -= piece.bytes + _ROW * piece.batch.num_rows
                if left < 0:
                    raise TooLargeError(
                        f"{self._size} bytes whose rows are far more, and are read no further", piece.row
                    )
                yield _plain(batch, kinds) if piece.batch is batch else piece.batch  # of a part all would be made
            row += batch.num_rows

    def _batches(self, columns: list[str] | None) -> "Iterator[pa.RecordBatch]":
        """Group by group where it must be: pyarrow joins no lists of texts that two dictionaries have."""
        numbers = range(self._table.num_row_groups)
        for groups in [[number] for number in numbers] if self._nested else [list(numbers)]:
            yield from self._table.iter_batches(self._rows, groups, columns)


def _texts(metadata: "pq.FileMetaData", groups: list[list[Chunk]]) -> dict[int, str]:
    """The columns that can be shared, by number: pyarrow cannot where texts are written as their ends alone."""
    ends = {number for group in groups for number, chunk in enumerate(group) if chunk.ends}
    leaves = {number: metadata.schema.column(number) for number in range(metadata.num_columns)}
    texts = {number: leaf for number, leaf in leaves.items() if leaf.physical_type == _TEXT and number not in ends}
    return {number: leaf.path for number, leaf in texts.items() if leaf.logical_type.type != "DECIMAL"}


def _rows(metadata: "pq.FileMetaData", groups: list[list[Chunk]], shared: Mapping[int, str]) -> int:
    """How many rows can be read at once where texts of the other columns are as long as can be: as their page."""
    texts = {number for number in range(metadata.num_columns) if metadata.schema.column(number).physical_type == _TEXT}
    longest = (sum(group[number].largest_page for number in texts - shared.keys()) for group in groups)
    return max(1, min(BATCH, _BATCH_BYTES // max([1, *longest])))


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
    size = sum(map(bytes_of, batch.columns))
    if size <= LARGEST_ROW:
        yield _Piece(row, batch, size)
    elif batch.num_rows == 1:
        raise TooLargeError(f"a row of more than {LARGEST_ROW >> 20} MiB", row)
    else:
        half = batch.num_rows // 2
        yield from _pieces(batch[:half], row)
        yield from _pieces(batch[half:], row + half)


def _plain(batch: "pa.RecordBatch", kinds: "Mapping[str, pa.DataType]") -> "pa.RecordBatch":
    """The same with texts in the columns themselves, of which Python makes values faster."""
    import pyarrow as pa

    columns = [_cast(column, kinds[name]) for name, column in zip(batch.schema.names, batch.columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _cast(column: "pa.Array", kind: "pa.DataType") -> "pa.Array":
    import pyarrow as pa

    try:
        return column if column.type == kind else column.cast(kind)
    except pa.ArrowException:  # maps, or two columns of one name
        return column
