"""Engagement against alignment, as in the picture of the paper: a point a round, and which are surely optimal."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from agents.protocol import DIMENSIONS
from sandbox.figures.columns import Flags, Numbers
from sandbox.figures.estimate import estimate
from sandbox.figures.reads import Read, common_note, in_common
from sandbox.sheet import Cell, Estimate, Sheet
from sandbox.text import joined

_DECIMALS: Final = 9  # means that differ by less are the same, summed in another order
_NOTE: Final = (
    "on the front by means alone; optimal if, by its intervals, better than each other round in alignment or engagement"
)


class Point(NamedTuple):
    """What the revisions of one round of a run come to, with the intervals of both means."""

    run: str
    round: int
    engagement: Estimate
    alignment: Estimate
    optimal: bool


def front_sheet(reads: Sequence[Read]) -> Sheet:
    """A row a run: its rounds on the front of all rounds of all runs, by means and for sure, and the first of these."""
    points = front(reads)
    ahead_of_all = unbeaten(points)
    rows: list[list[Cell]] = []
    for read in reads:
        best = [
            point.round for point, ahead in zip(points, ahead_of_all, strict=True) if ahead and point.run == read.name
        ]
        optimal = [point.round for point in points if point.run == read.name and point.optimal]
        first = optimal[0] if optimal else None
        reached = None if first is None else (first + 1) * read.agents
        rows.append([read.name, _listed(best), _listed(optimal), first, reached])
    columns = ("run", "front_rounds", "optimal_rounds", "first_optimal", "interactions_until")
    note = joined(common_note(reads), _NOTE)
    return Sheet("Pareto front", columns, rows, note, frozenset({"run", "front_rounds", "optimal_rounds"}))


def front(reads: Sequence[Read]) -> list[Point]:
    """The points of all runs in the rounds that all have, optimal ones marked."""
    return with_front([point for read in in_common(reads) for point in curve(read)])


def with_front(points: Sequence[Point]) -> list[Point]:
    """The same points; optimal are those that chance cannot put behind another.

    Against each other point the interval of one of its means, alignment or engagement, lies wholly above the other's:
    where both overlap or lie below, the other may be as good in one and better in both. A mark by means alone would
    change hands with every few agents. A point that lacks an interval is never marked, and is held against others with
    its mean.
    """
    low = _bounds(points, "low")
    high, means = _bounds(points, "high"), _bounds(points, "mean")
    high = np.where(np.isnan(high), means, high)
    marked = []
    for place, point in enumerate(points):
        ahead = np.any(low[place] > high, axis=1)  # never where there is no interval
        ahead[place] = not np.isnan(low[place]).any()
        marked.append(point._replace(optimal=bool(ahead.all())))
    return marked


def curve(read: Read) -> Iterator[Point]:
    """One point a whole round where both dimensions were rated."""
    frame = read.frame
    for round_ in range(read.whole_rounds):
        at = slice(round_ * read.agents, (round_ + 1) * read.agents)
        sample = frame.sample.at(at)
        alignment, engagement = (estimate(frame.ratings["revision", name][at], sample) for name in DIMENSIONS)
        if alignment.count and engagement.count:
            yield Point(read.name, round_, engagement, alignment, optimal=False)


def unbeaten(points: Sequence[Point]) -> Flags:
    """Which points no other is at least as good as in both means, and better in one."""
    at = np.round(_bounds(points, "mean"), _DECIMALS)
    beaten = [bool(np.any(np.all(at >= own, axis=1) & np.any(at > own, axis=1))) for own in at]
    return ~np.array(beaten, dtype=bool)


def _bounds(points: Sequence[Point], part: str) -> Numbers:
    """That part of both estimates of each point, (n, 2), nan where there is none."""
    pairs = [(getattr(point.engagement, part), getattr(point.alignment, part)) for point in points]
    return np.array(pairs, dtype=np.float64).reshape(-1, 2)


def _listed(rounds: Sequence[int]) -> str | None:
    return ", ".join(map(str, rounds)) or None
