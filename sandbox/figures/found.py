"""The interactions that were found, a row each. Knows columns and records; chooses nothing."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from agents.protocol import DIMENSIONS, TEXTS, Rated
from sandbox.figures.columns import Counts
from sandbox.figures.frame import Frame
from sandbox.figures.records_at import records_in_order
from sandbox.figures.selection import VALUES, SortKey
from sandbox.runs.reading import Run
from sandbox.runs.records import Interaction
from sandbox.sheet import Cell, Sheet
from sandbox.vocabulary.names import score_columns

COLUMNS: Final = (
    *("id", "round", "agent", "label", "model"),
    *(name for dimension in DIMENSIONS for name in score_columns(dimension)),
    *("disagreement", "recall_similarity", "missing", "failed_error", "question_id", "question"),
)
# What orders a list and is no column of it.
MORE: Final[frozenset[SortKey]] = frozenset({"alignment_gain", "engagement_gain", "recall_similarity"})


def found_sheet(run: Run, frame: Frame, places: Counts) -> Sheet:
    """A row for each of `places`: whose it is, what was scored, what was asked."""
    disagreement, missing = frame.disagreement(), frame.missing_ratings()
    rows: list[Sequence[Cell]] = []
    for place, item in zip(places.tolist(), records_in_order(run, places.tolist()), strict=True):
        scores = [cell for dimension in DIMENSIONS for cell in _draft_revision_gain(item, dimension)]
        similarity = item.recall.similarity if item.recall else None
        failed = item.failed.error if item.failed else None
        who: list[Cell] = [item.id, item.round, item.agent, item.label, item.model]
        what: list[Cell] = [_whole(disagreement[place]), similarity, int(missing[place]), failed]
        rows.append([*who, *scores, *what, item.question_id, item.question])
    return Sheet("interactions", COLUMNS, rows)


def found_list(run: Run, frame: Frame, places: Counts, by: SortKey, note: str) -> Sheet:
    """The same for a terminal: scores from draft to revision, what went wrong, and what it is sorted `by`."""
    disagreement, missing = frame.disagreement(), frame.missing_ratings()
    more = {by: VALUES[by](frame)} if by in MORE else {}
    columns = ("id", "label", "alignment", "engagement", "disagreement", *more, "trouble", "question")
    rows: list[Sequence[Cell]] = []
    for place, item in zip(places.tolist(), records_in_order(run, places.tolist()), strict=True):
        values = [_number(each[place]) for each in more.values()]
        scores = [_change(item, dimension) for dimension in DIMENSIONS]
        trouble = _trouble(item, int(missing[place]))
        rows.append([item.id, item.label, *scores, _whole(disagreement[place]), *values, trouble, item.question])
    texts = frozenset({"id", "label", "trouble", "question"})
    return Sheet("interactions", columns, rows, note, texts, ("label", "disagreement"))


def _draft_revision_gain(item: Interaction, dimension: Rated) -> list[int | None]:
    draft, revision = (item.rating(text, dimension) for text in TEXTS)
    return [draft, revision, None if draft is None or revision is None else revision - draft]


def _change(item: Interaction, dimension: Rated) -> str:
    draft, revision = (item.rating(text, dimension) for text in TEXTS)
    return f"{'-' if draft is None else draft} -> {'-' if revision is None else revision}"


def _trouble(item: Interaction, missing: int) -> str | None:
    if item.failed:
        return item.failed.error
    return f"{missing} missing" if missing else None


def _whole(value: float) -> int | None:
    return None if np.isnan(value) else int(value)


def _number(value: float) -> float | int | None:
    return _whole(value) if np.isnan(value) or value == int(value) else float(value)
