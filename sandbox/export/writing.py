"""Writes the rows of a split as JSONL and Parquet, and the side file that says where they come from, in one pass.

Knows bytes and schemas, no run.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandbox.export.names import Split, data_file, origin_file
from sandbox.export.spool import Stored

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH: Final = 5_000  # rows
_BATCH_BYTES: Final = 1 << 22  # grouped rows can be long


def write_rows(
    folder: Path, part: str, split: Split, rows: Iterable[Stored], schema: "pa.Schema", wrote: Callable[[int], None]
) -> int:
    """Write the three files of a split below `folder`, none for no row; how many rows there were.

    `wrote` is told of every batch.
    """
    import pyarrow.parquet as pq

    jsonl, parquet = (folder / data_file(part, split, ending) for ending in ("jsonl", "parquet"))
    side = folder / origin_file(part, split)
    for path in (jsonl, side):
        path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with jsonl.open("wb") as lines, side.open("wb") as origins, pq.ParquetWriter(parquet, schema) as table:
        for batch in _batches(rows):
            lines.writelines(row.data + b"\n" for row in batch)
            origins.writelines(b'{"row":%d,%b\n' % (count + at, row.origin[1:]) for at, row in enumerate(batch))
            table.write_table(_table([row.data for row in batch], schema))
            count += len(batch)
            wrote(len(batch))
    if not count:
        for path in (jsonl, parquet, side):
            path.unlink()
    return count


def _batches(rows: Iterable[Stored]) -> Iterator[list[Stored]]:
    batch: list[Stored] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row.data)
        if len(batch) == _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _table(lines: Sequence[bytes], schema: "pa.Schema") -> "pa.Table":
    """The same rows in columns: made of what was written, so that both files say the same."""
    import pyarrow as pa
    import pyarrow.json

    text = b"\n".join(lines)
    reading = pa.json.ReadOptions(block_size=len(text) + 1, use_threads=False)
    nullable = pa.schema([field.with_nullable(True) for field in schema])
    parsing = pa.json.ParseOptions(explicit_schema=nullable, unexpected_field_behavior="error")
    return pa.json.read_json(io.BytesIO(text), reading, parsing).cast(schema)
