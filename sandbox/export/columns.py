"""The columns of every format as an explicit Arrow schema, and the same as features of a dataset card.

Training formats hold no nulls and only what their trainer reads; the flat interactions are nullable. Knows no row.
"""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, Final

from agents.protocol import DIMENSIONS, TEXTS
from sandbox.export.flat import JUDGED
from sandbox.export.names import Format, Style
from sandbox.vocabulary.names import score_column

if TYPE_CHECKING:
    import pyarrow as pa

# Columns that hold what is said, in one of two styles.
_SAID: Final[dict[Format, tuple[str, ...]]] = {
    "sft": ("prompt", "completion"),
    "dpo": ("prompt", "chosen", "rejected"),
    "kto": ("prompt", "completion"),
    "reward": ("prompt", "chosen", "rejected"),
    "modpo": ("prompt", "chosen", "rejected"),
}


def schema(format_: Format, style: Style, rare: Collection[str] = ()) -> "pa.Schema":
    """The schema of all files of a format in a style; `rare` are what the flat interactions have more fields for."""
    import pyarrow as pa

    if format_ == "parquet":
        return _interactions(rare)
    fields = {**dict.fromkeys(_SAID.get(format_, ()), _said(style)), **_beside(format_)}
    if format_ == "stable-alignment":
        fields = _grouped(style)
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in fields.items()])


def _said(style: Style) -> "pa.DataType":
    import pyarrow as pa

    text = pa.string()
    return text if style == "string" else pa.list_(pa.struct([("role", text), ("content", text)]))


def _beside(format_: Format) -> dict[str, "pa.DataType"]:
    import pyarrow as pa

    text, number = pa.string(), pa.float64()
    columns: dict[Format, dict[str, pa.DataType]] = {
        "alpaca": {"instruction": text, "input": text, "output": text},
        "kto": {"label": pa.bool_()},
        "reward": {"margin": number},
        "modpo": {f"{side}_{name}": number for name in DIMENSIONS for side in ("chosen", "rejected")},
    }  # fmt: skip
    return columns.get(format_, {})


def _grouped(style: Style) -> dict[str, "pa.DataType"]:
    """Columns of queries with all responses to them, in order; only engagement may be null, where there is none."""
    import pyarrow as pa

    text, number = pa.string(), pa.float64()
    lists = {"responses": pa.list_(text), "scores": pa.list_(number), "models": pa.list_(text)}
    engagement = {"engagement": pa.list_(number)}
    if style == "conversational":
        return {"prompt": _said(style), **lists, **engagement}
    return {"query": text, **lists, "instruction": text, "input": text, **engagement}


def _interactions(rare: Collection[str]) -> "pa.Schema":
    import pyarrow as pa

    text, whole = pa.string(), pa.int64()
    group = [("group", text)] if "group" in rare else []
    recall = [
        ("recall_question", text), ("recall_answer", text),
        ("recall_similarity", pa.float64()), ("recall_round", whole),
    ]  # fmt: skip
    feedback = [
        ("agent", whole), ("label", text), ("model", text), ("rating", whole), ("missing", text), ("reason", text),
        ("raw", text), *recall, *group,
    ]  # fmt: skip
    scores = [
        (score_column(said, dimension, part), whole if part == "rating" else text)
        for said in TEXTS
        for dimension in DIMENSIONS
        for part in JUDGED
    ]
    return pa.schema(
        [
            ("run", text), ("id", text), ("round", whole), ("agent", whole), ("row", whole), ("column", whole),
            ("label", text), ("model", text), ("question_id", text), ("question", text), *recall,
            ("draft", text), ("draft_finish", text), ("revision", text), ("revision_finish", text), *scores,
            ("feedback", pa.list_(pa.struct(feedback))),
            ("failed_stage", text), ("failed_neighbour", whole), ("failed_error", text),
            *_rare(rare, group),
        ]
    )  # fmt: skip


def _rare(rare: Collection[str], group: list[tuple[str, "pa.DataType"]]) -> Iterator[tuple[str, "pa.DataType"]]:
    import pyarrow as pa

    text, whole = pa.string(), pa.int64()
    heard = [("agent", whole), ("rating", whole), ("missing", text), ("reason", text), ("raw", text), *group]
    columns = {
        "group": group,
        "options": [("options", pa.list_(text))],
        "gold": [("gold", whole)],
        "gold_text": [("gold_text", text)],
        "choice": [(f"{said}_choice", whole) for said in TEXTS],
        "persuader": [("persuader", whole)],
        "reflection": [("reflection", text)],
        "revision_feedback": [("revision_feedback", pa.list_(pa.struct(heard)))],
    }
    for name, found in columns.items():
        if name in rare:
            yield from found


def features(schema_: "pa.Schema") -> list[dict[str, Any]]:
    """The schema as `dataset_info.features` of a dataset card, in the words of Hugging Face `datasets`."""
    return [{"name": field.name, **_feature(field.type)} for field in schema_]


def _feature(kind: "pa.DataType") -> dict[str, Any]:
    from pyarrow import types

    if types.is_list(kind):
        inner = _feature(kind.value_type)
        return {"list": inner.get("struct") or inner["dtype"]}
    if types.is_struct(kind):
        return {"struct": features(kind)}
    return {"dtype": {"double": "float64"}.get(str(kind), str(kind))}
