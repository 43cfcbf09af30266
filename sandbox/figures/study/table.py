"""The table of a study in its folder, a row a cell: `table.csv` for people, `table.parquet` with the rounds in it, too.

Derived, so that it is written again at will; the same runs give the same bytes.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from memory.files import dump_lines, write_atomically
from memory.opening import read_whole
from sandbox.figures.study.cells import MEASURES, CellFigures, StudyFigures
from sandbox.figures.study.sheets import cells_sheet
from sandbox.sheet import Sheet
from sandbox.text import written

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_BYTES: Final = 1 << 30  # ten thousand cells of a thousand rounds
_LARGEST: Final = 1 << 63
_BATCH: Final = 1_000  # rows that are text at once
_FLOATS: Final = (*MEASURES, "cost_usd", "wall_seconds")


def write_table(figures: StudyFigures) -> None:
    """Write both files into the folder of the study, unless they say the same already. Raises `OSError`."""
    sheet, folder = cells_sheet(figures), figures.study.folder
    for path, content in (
        (folder.table_csv, sheet.csv().encode(errors="replace")),
        (folder.table_parquet, _parquet(figures, sheet)),
    ):
        if not _says(path, content):
            write_atomically(path, content)


def _says(path: Path, content: bytes) -> bool:
    with suppress(OSError):
        return read_whole(path, _MOST_BYTES) == content
    return False


def _parquet(figures: StudyFigures, sheet: Sheet) -> bytes:
    """By way of JSON: pyarrow looks for pandas before it takes a list, which takes half a second to import."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [row | _by_round(cell) for row, cell in zip(sheet.document(), figures.cells, strict=True)]
    kinds = {name: _kind([row[name] for row in rows if row[name] is not None], name) for name in sheet.columns}
    schema = pa.schema([*((name, getattr(pa, kind)()) for name, kind in kinds.items()), *_lists()])
    texts = {name for name, kind in kinds.items() if kind == "string"}
    lines = [{name: _text(cell) if name in texts else cell for name, cell in row.items()} for row in rows]
    parts = [_parsed(lines[begin : begin + _BATCH], schema) for begin in range(0, len(lines), _BATCH)]
    table = pa.concat_tables([pa.Table.from_batches([], schema), *parts])
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def _parsed(rows: Sequence[Mapping[str, Any]], schema: "pa.Schema") -> "pa.Table":
    import pyarrow as pa
    import pyarrow.json

    text = dump_lines(rows)
    reading = pa.json.ReadOptions(block_size=len(text) + 1, use_threads=False)
    return pa.json.read_json(io.BytesIO(text), reading, pa.json.ParseOptions(explicit_schema=schema))


def _by_round(cell: CellFigures) -> dict[str, list[Any]]:
    """Of each round its interactions, and means and counts of ratings."""
    found: dict[str, list[Any]] = {"interactions_by_round": cell.interactions.tolist()}
    means = cell.by_round()
    for place, measure in enumerate(MEASURES):
        found[f"{measure}_by_round"] = [None if np.isnan(mean) else mean for mean in means[:, place].tolist()]
        found[f"{measure}_count_by_round"] = cell.counts[:, place].tolist()
    return found


def _lists() -> "Iterator[tuple[str, pa.DataType]]":
    """Names and types of what `_by_round` gives."""
    import pyarrow as pa

    yield "interactions_by_round", pa.list_(pa.int64())
    for measure in MEASURES:
        yield f"{measure}_by_round", pa.list_(pa.float64())
        yield f"{measure}_count_by_round", pa.list_(pa.int64())


def _kind(values: Sequence[Any], name: str) -> str:
    """Numbers as numbers; texts where the values of an axis are of several types, or larger than a column holds."""
    kinds = {*map(type, values)}
    if not kinds:  # where no run was begun
        return "float64" if name in _FLOATS else "int64"
    if kinds == {bool}:
        return "bool_"
    if kinds <= {int, float} and all(abs(value) < _LARGEST for value in values):
        return "float64" if float in kinds else "int64"
    return "string"


def _text(value: Any) -> str | None:
    return None if value is None else written(value)
