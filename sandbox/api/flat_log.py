"""The interactions of a run as a table, a row each: the columns of `sandbox export --format parquet`, by whole columns.

Knows the log and Arrow. What a log may hold, its frame has checked before.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from agents.protocol import DIMENSIONS, TEXTS
from sandbox.export.flat import JUDGED
from sandbox.figures.columns import as_counts, field
from sandbox.figures.frame import read_frame
from sandbox.figures.log_blocks import blocks, refusal
from sandbox.runs.reading import Run
from sandbox.runs.records import Interaction
from sandbox.vocabulary.names import score_column

if TYPE_CHECKING:
    import pyarrow as pa

_RECALL: Final = ("question", "answer", "similarity", "round")
_SAID: Final = ("agent", "label", "model", "rating", "missing", "reason", "raw")
_SAID_AGAIN: Final = ("agent", "rating", "missing", "reason", "raw")
_AS_THEY_ARE: Final = ("id", "round", "agent", "label", "model", "question_id", "question", "draft", "revision")
_SOMETIMES: Final = ("group", "options", "gold", "gold_text", "persuader", "reflection")
_WHOLE: Final = frozenset({"round", "agent", "gold", "persuader", "rating", "neighbour"})


def flat_log(run: Run, *, grouped: bool) -> "pa.Table":
    """All interactions that the log of `run` holds by now, with every column that one can have, nulls where it has not.

    Neighbours have a group where they are `grouped`. Raises `SandboxError` that names the line of a bad one.
    """
    import pyarrow as pa

    seen = run._replace(until=len(read_frame(run)))
    side = run.manifest.config.grid
    flat = [_flat(block, side, grouped) for block in (_empty(), *_blocks(seen))]
    table = pa.Table.from_batches(flat)
    try:
        table.validate(full=True)
    except pa.ArrowInvalid:  # what is no Unicode
        raise refusal(run) from None
    return table


def _blocks(run: Run) -> Iterator["pa.RecordBatch"]:
    """Of a run of an older schema by way of records, which know what it lacks."""
    import pyarrow as pa

    from sandbox.runs.newer import SCHEMA

    if run.schema == SCHEMA:
        yield from blocks(run, _schema())
        return
    rows = [item.model_dump(mode="json") for item in run.interactions()]
    yield from pa.Table.from_pylist(rows, _schema()).to_batches()


def _empty() -> "pa.RecordBatch":
    import pyarrow as pa

    return pa.RecordBatch.from_pylist([], _schema())


def _schema() -> "pa.Schema":
    """An interaction as it stands in the log."""
    import pyarrow as pa

    recall = ("recall", pa.struct([(name, _kind(name)) for name in _RECALL]))
    group = ("group", pa.string())
    judgement = pa.struct([(name, _kind(name)) for name in JUDGED])
    scores = pa.struct([(dimension, judgement) for dimension in DIMENSIONS])
    said = pa.struct([*((name, _kind(name)) for name in _SAID), recall, group])
    again = pa.struct([*((name, _kind(name)) for name in _SAID_AGAIN), group])
    return pa.schema(
        [
            *((name, _kind(name)) for name in (*_AS_THEY_ARE, *_SOMETIMES)),
            recall,
            ("feedback", pa.list_(said)),
            ("revision_feedback", pa.list_(again)),
            ("finish", pa.struct([(text, pa.string()) for text in TEXTS])),
            ("choice", pa.struct([(text, pa.int64()) for text in TEXTS])),
            ("scores", pa.struct([(text, scores) for text in TEXTS])),
            ("failed", pa.struct([("stage", pa.string()), ("neighbour", pa.int64()), ("error", pa.string())])),
        ]
    )


def _kind(name: str) -> "pa.DataType":
    import pyarrow as pa

    if name == "options":
        return pa.list_(pa.string())
    return pa.float64() if name == "similarity" else pa.int64() if name in _WHOLE else pa.string()


def _flat(block: "pa.RecordBatch", side: int, grouped: bool) -> "pa.RecordBatch":
    """A column for each part of an interaction."""
    import pyarrow as pa

    agents = as_counts(block["agent"], 0)
    columns: dict[str, Any] = {
        **{name: block[name] for name in (*_AS_THEY_ARE, *_SOMETIMES)},
        **dict(zip(("row", "column"), map(pa.array, np.divmod(agents, side)), strict=True)),
        **_recall(block["recall"]),
        **{f"{text}_finish": field(block["finish"], text) for text in TEXTS},
        **{f"{text}_choice": field(block["choice"], text) for text in TEXTS},
        **_scores(block["scores"]),
        **{f"failed_{part}": field(block["failed"], part) for part in ("stage", "neighbour", "error")},
        "feedback": _heard(block["feedback"], _SAID, grouped),
        "revision_feedback": _heard(block["revision_feedback"], _SAID_AGAIN, grouped),
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


def _recall(found: Any) -> dict[str, Any]:
    return {f"recall_{name}": field(found, name) for name in _RECALL}


def _scores(found: Any) -> dict[str, Any]:
    return {
        score_column(text, dimension, part): field(field(field(found, text), dimension), part)
        for text in TEXTS
        for dimension in DIMENSIONS
        for part in JUDGED
    }


def _heard(lists: Any, parts: tuple[str, ...], grouped: bool) -> Any:
    """What neighbours said, as lists of objects without an object in them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    given = lists.flatten()
    lengths = as_counts(pc.list_value_length(lists), 0)
    columns = {part: field(given, part) for part in parts}
    if parts == _SAID:
        columns |= _recall(field(given, "recall"))
    if grouped:
        columns["group"] = field(given, "group")
    ends = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
    objects = pa.StructArray.from_arrays(list(columns.values()), list(columns))
    return pa.ListArray.from_arrays(ends, objects, mask=lists.is_null())


def rare_of(table: "pa.Table") -> Iterator[str]:
    """Which fields that only some interactions have any in `table` has, as the export names them."""
    for name, model_field in Interaction.model_fields.items():
        columns = [f"{text}_choice" for text in TEXTS] if name == "choice" else [name]
        if not model_field.is_required() and any(table[column].null_count < len(table) for column in columns):
            yield name
