"""The interactions themselves as rows: typed, nullable, without loss, one level deep but for the feedback."""

from collections.abc import Iterable, Iterator
from typing import Any

from agents.protocol import DIMENSIONS, TEXTS
from sandbox.export.account import INTERACTIONS
from sandbox.export.rows import Source, Spoken, TrainingRow
from sandbox.runs.records import Interaction

JUDGED = ("rating", "missing", "reason", "raw")


def flat_rows(spoken: Iterable[Spoken]) -> Iterator[TrainingRow]:
    """A row for each interaction."""
    for each in spoken:
        texts = tuple(answer.text for answer in each.answers())
        sources = (Source(each.id),)
        yield TrainingRow(INTERACTIONS, each.item.question, texts, {"run": each.run, **_flat(each.item)}, sources)


def _flat(item: Interaction) -> dict[str, Any]:
    nested = item.model_dump(mode="json", exclude={"position", "recall", "finish", "scores", "failed"})
    row, column = item.position
    feedback = [_recall(given.pop("recall"), given) for given in nested.pop("feedback")]
    return {
        **{name: nested.pop(name) for name in ("id", "round", "agent")},
        "row": row,
        "column": column,
        **{name: nested.pop(name) for name in ("label", "model", "question_id", "question")},
        **_recall(item.recall.model_dump() if item.recall else None, {}),
        "draft": item.draft,
        "draft_finish": item.finish.draft,
        "revision": item.revision,
        "revision_finish": item.finish.revision,
        **_scores(item),
        "feedback": feedback,
        "failed_stage": item.failed and item.failed.stage,
        "failed_neighbour": item.failed and item.failed.neighbour,
        "failed_error": item.failed and item.failed.error,
    }


def _recall(found: dict[str, Any] | None, before: dict[str, Any]) -> dict[str, Any]:
    """`before`, and after it what helped as columns of their own."""
    names = ("question", "answer", "similarity", "round")
    return before | {f"recall_{name}": found[name] if found else None for name in names}


def _scores(item: Interaction) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for text in TEXTS:
        for dimension in DIMENSIONS:
            judgement = item.scores.of(text, dimension)
            for part in JUDGED:
                columns[score_column(text, dimension, part)] = getattr(judgement, part) if judgement else None
    return columns


def score_column(text: str, dimension: str, part: str) -> str:
    """The column of a part of the observer's judgement; the rating itself stands under the shortest name."""
    return f"{text}_{dimension}" if part == "rating" else f"{text}_{dimension}_{part}"
