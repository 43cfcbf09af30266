"""Which conditions of a study are ahead where they end, and how many interactions each needs to come near the best."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from agents.protocol import DIMENSIONS
from sandbox.figures.columns import Numbers
from sandbox.figures.front import Point, unbeaten, with_front
from sandbox.figures.study.cells import ratio
from sandbox.figures.study.conditions import Condition, uneven
from sandbox.figures.study.resampling import NOTE, estimates
from sandbox.figures.study.sheets import DRAWN, sheet_by
from sandbox.sheet import Cell, Sheet
from sandbox.text import joined

_FRONT_NOTE: Final = (
    "revisions of the last round; on the front by means alone; optimal if, by its intervals, better than each other "
    "condition in alignment or engagement"
)
_ROUNDING: Final = 1e-9  # means are sums of halves and thirds: what is just so near is near


def points_of(condition: Condition, since: int = 0) -> list[Point]:
    """Its revisions from round `since` on, with intervals over cells, of those rounds that are rated in both."""
    alignment, engagement = (estimates(condition.by_round(measure)[:, since:]) for measure in DRAWN)
    pairs = enumerate(zip(engagement, alignment, strict=True), start=since)
    return [Point(condition.name, at, *both, optimal=False) for at, both in pairs if all(each.count for each in both)]


def last_points(conditions: Sequence[Condition]) -> list[Point | None]:
    """The last round of each condition, optimal ones marked; None for one that has none that is rated in both."""
    ends = [points_of(each, each.rounds - 1) if each.rounds else [] for each in conditions]
    marked = iter(with_front([points[0] for points in ends if points]))
    return [next(marked) if points else None for points in ends]


def front_sheet(conditions: Sequence[Condition], by: Sequence[str]) -> Sheet:
    """A row a condition: where it ends, and whether another one ends ahead of it."""
    ends = last_points(conditions)
    ahead = iter(unbeaten([end for end in ends if end]).tolist())
    rows: list[Sequence[Cell]] = []
    for condition, end in zip(conditions, ends, strict=True):
        told = [end.round, end.alignment, end.engagement, next(ahead), end.optimal] if end else [None] * 5
        rows.append([*condition.values.values(), *told])
    columns = ("round", *DRAWN, "on_the_front", "optimal")
    note = joined(_FRONT_NOTE, uneven(conditions), NOTE)
    return sheet_by("Pareto front", by, columns, rows, note, ("optimal", "on_the_front"))


def needed_sheet(conditions: Sequence[Condition], by: Sequence[str], within: float) -> Sheet:
    """A row a condition: the first round whose means of revisions are `within` reach of the best end of any condition.

    Beside it the interactions of a cell until the end of that round; None where it never comes so near.
    """
    found = [_needed(conditions, measure, within) for measure in DRAWN]
    rows = [
        [*condition.values.values(), *(cell for reached in each for cell in reached)]
        for condition, *each in zip(conditions, *(rows for _, rows in found), strict=True)
    ]
    columns = [f"{dimension}_{what}" for dimension in DIMENSIONS for what in ("round", "interactions_until")]
    best = ", ".join(f"{name} {goal}" for name, (goal, _) in zip(DIMENSIONS, found, strict=True))
    note = f"until the mean of a round is within {within:g} of the best last round: {best}"
    return sheet_by("interactions needed", by, columns, rows, joined(note, uneven(conditions)))


def _needed(
    conditions: Sequence[Condition], measure: str, within: float
) -> tuple[str, list[tuple[int | None, int | float | None]]]:
    """The best end in words, and when each condition comes near it."""
    means = [_means(condition.by_round(measure)) for condition in conditions]
    ends = [(each[-1], at) for at, each in enumerate(means) if each.size and not np.isnan(each[-1])]
    if not ends:
        return "unknown", [(None, None)] * len(conditions)
    best, at = max(ends, key=lambda end: end[0])
    near = best - within - _ROUNDING
    return f"{best:.2f} ({conditions[at].name})", [_first(*each, near) for each in zip(conditions, means, strict=True)]


def _first(condition: Condition, means: Numbers, near: float) -> tuple[int | None, int | float | None]:
    at = np.flatnonzero(means >= near)
    return (int(at[0]), condition.interactions(int(at[0]))) if at.size else (None, None)


def _means(values: Numbers) -> Numbers:
    """Of each column over the cells that have it, nan where none has."""
    return ratio(np.nansum(values, axis=0), (~np.isnan(values)).sum(axis=0))
