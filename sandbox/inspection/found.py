"""The interactions that were found, a row each. Knows columns and records; chooses nothing."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from sandbox.inspection.frame import Counts, Frame
from sandbox.inspection.records_at import records_at
from sandbox.inspection.sheet import Cell, Sheet, shown
from sandbox.records import Interaction, interaction_id
from sandbox.round_sums import DIMENSIONS, TEXTS
from sandbox.run_reading import Run

COLUMNS: Final = (
    "id", "label", "alignment", "revised alignment", "engagement", "revised engagement", "disagreement", "missing",
    "failed", "question",
)  # fmt: skip


def found_records(run: Run, places: Counts) -> list[Interaction]:
    """The records at `places`, in that order."""
    size = run.manifest.config.grid**2
    by_place = {item.round * size + item.agent: item for item in records_at(run, places.tolist())}
    return [by_place[place] for place in places.tolist()]


def found_sheet(run: Run, frame: Frame, places: Counts, note: str) -> Sheet:
    """A row for each of `places`: whose it is, alignment and engagement of draft and revision, what was asked."""
    disagreement, missing = frame.disagreement(), frame.missing_ratings()
    rows: list[Sequence[Cell]] = []
    for place, item in zip(places.tolist(), found_records(run, places), strict=True):
        scores = [_whole(frame.ratings[text, dimension][place]) for dimension in DIMENSIONS for text in TEXTS]
        name = interaction_id(item.round, item.agent)
        error = item.failed.error if item.failed else None
        rows.append([name, item.label, *scores, _whole(disagreement[place]), int(missing[place]), error, item.question])
    return Sheet("interactions", COLUMNS, rows, note, frozenset({"id", "label", "failed", "question"}))


def found_list(run: Run, frame: Frame, places: Counts, note: str) -> Sheet:
    """The same for a terminal: scores from draft to revision, and what went wrong."""
    columns = ("id", "label", "alignment", "engagement", "disagreement", "trouble", "question")
    rows: list[Sequence[Cell]] = []
    for row in found_sheet(run, frame, places, note).rows:
        name, label, draft, revision, draft_too, revision_too, apart, missing, failed, question = map(shown, row)
        scores = f"{draft} -> {revision}", f"{draft_too} -> {revision_too}"
        trouble = failed if failed != "-" else f"{missing} missing" if missing != "0" else None
        rows.append([name, label, *scores, apart, trouble, question])
    texts = frozenset({"id", "label", "trouble", "question"})
    return Sheet("interactions", columns, rows, note, texts, ("label", "disagreement"))


def _whole(value: float) -> int | None:
    return None if np.isnan(value) else int(value)
