"""The interactions themselves as rows: typed, nullable, without loss, one level deep but for the feedback."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from agents.protocol import DIMENSIONS, TEXTS
from sandbox.export.account import INTERACTIONS
from sandbox.export.rows import Source, Spoken, TrainingRow
from sandbox.runs.records import Interaction
from sandbox.vocabulary.names import score_column

JUDGED = ("rating", "missing", "reason", "raw")
# What only some interactions have: rows have columns for it where any of the runs does.
_RARE: Final = tuple(name for name, field in Interaction.model_fields.items() if not field.is_required())


def rare_fields(item: Interaction) -> set[str]:
    """Which fields that only some interactions have it has."""
    found = {name for name in _RARE if getattr(item, name) is not None}
    groups = [each.group for each in item.feedback] + [each.group for each in item.revision_feedback or ()]
    return found | {"group"} if any(groups) else found


def flat_rows(spoken: Iterable[Spoken], rare: Collection[str]) -> Iterator[TrainingRow]:
    """A row for each interaction, with columns for those fields that are in `rare`."""
    for each in spoken:
        texts = tuple(answer.text for answer in each.answers())
        values = {"run": each.run, **_flat(each.item, rare), **_rare(each.item, rare)}
        yield TrainingRow(INTERACTIONS, each.item.question, texts, values, (Source(each.id),))


def _flat(item: Interaction, rare: Collection[str]) -> dict[str, Any]:
    nested = item.model_dump(mode="json", exclude={"position", "recall", "finish", "scores", "failed"})
    row, column = item.position
    feedback = [_grouped(_recall(given.pop("recall"), given), rare) for given in nested.pop("feedback")]
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


def _rare(item: Interaction, rare: Collection[str]) -> dict[str, Any]:
    """Columns of the fields in `rare`, those of the choice one level deep."""
    columns: dict[str, Any] = {}
    for name in (name for name in _RARE if name in rare):
        if name == "choice":
            columns |= {f"{text}_choice": getattr(item.choice, text) if item.choice else None for text in TEXTS}
        elif name == "revision_feedback":
            heard = item.revision_feedback
            columns[name] = heard and [_grouped(each.model_dump(), rare) for each in heard]
        else:
            columns[name] = getattr(item, name)
    return columns


def _grouped(given: dict[str, Any], rare: Collection[str]) -> dict[str, Any]:
    """What a neighbour said, with its group at the end where any run has groups."""
    group = given.pop("group", None)
    return given | {"group": group} if "group" in rare else given


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
