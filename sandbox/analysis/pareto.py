"""Which conditions are ahead in alignment and engagement at once, by how much, and how soon each reaches a target.

Knows sums of rounds, and no log. Chance is in the seeds alone: a condition of one run has no interval.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from agents.protocol import DIMENSIONS
from sandbox.analysis.findings import Findings
from sandbox.analysis.pools import Pool
from sandbox.figures.columns import Counts, Numbers
from sandbox.figures.front import Point, unbeaten, with_front
from sandbox.figures.study.cells import MEASURES, RoundSums, ratio, round_sums
from sandbox.figures.study.resampling import FEWEST, WIDE, estimates, of_means
from sandbox.sheet import Cell, Sheet
from sandbox.text import counted, some
from sandbox.vocabulary.names import score_column

REFERENCE: Final = 1.0  # the lowest rating of both dimensions, above which the hypervolume lies
LARGEST: Final = 36.0  # that of a condition whose revisions are all rated 7 (paper section 3.1: 1 to 7)
_REVISED: Final = tuple(score_column("revision", dimension) for dimension in DIMENSIONS)
TOGETHER: Final = "all conditions"
_PLACES: Final = [MEASURES.index(name) for name in _REVISED]
_SEEDS: Final = f"95 % intervals draw seeds, are too narrow for fewer than {WIDE}, none below {FEWEST}"
_FRONT_NOTE: Final = (
    "revisions of the last round that all runs of a condition have; on the front by means alone; optimal if, by its "
    "intervals, better than each other condition in alignment or engagement; hypervolume above (1, 1), of 36"
)


class _Condition(NamedTuple):
    """One and its runs.

    `means` are those of the revisions of round `last`, (runs, dimensions), of runs that are rated in both; `last` is
    None where there is none. `needed` are the interactions until each run reaches the target, None where it does not.
    """

    pool: Pool
    last: int | None
    means: Numbers
    needed: Sequence[int | None]


def analyse(pools: Sequence[Pool], *, target: tuple[float, float], window: int) -> Findings:
    """Fronts of the means of the last round, and interactions until `target` is reached.

    `target` is of alignment and of engagement, 1 to 7; reached at the end of the first `window` rounds whose means,
    weighted by scored interactions, are both so high. Raises `SandboxError` for a run whose rounds cannot be read.
    """
    conditions = [_condition(pool, target, window) for pool in pools]
    of = f"{window} rounds in a row" if window > 1 else "a round"
    goal = f"alignment {target[0]:g} and engagement {target[1]:g}, means of {of}"
    front = _front_sheet(conditions)
    ends = [each.means.mean(axis=0) for each in conditions if each.last is not None]
    together = hypervolume(np.array(ends)) if ends else None
    sheets = [front, _together_sheet(together), _reach_sheet(conditions, goal), _runs_sheet(conditions, goal)]
    return Findings("pareto", sheets, [*_front_said(front, together), _reach_said(conditions, goal)])


def hypervolume(points: Numbers) -> float:
    """The area that `points`, (n, 2), dominate above the reference; one that is not above it adds nothing."""
    above = np.maximum(points.reshape(-1, 2) - REFERENCE, 0)
    from_the_right = above[np.argsort(-above[:, 0])]
    heights = np.maximum.accumulate(from_the_right[:, 1])
    widths = -np.diff(from_the_right[:, 0], append=0)
    return float(widths @ heights)


def reached(rounds: RoundSums, target: tuple[float, float], window: int) -> int | None:
    """Interactions until the end of the first `window` rounds that reach `target`; None if none do."""
    means = ratio(_moving(rounds.sums[:, _PLACES], window), _moving(rounds.counts[:, _PLACES], window))
    ends = np.flatnonzero((means >= np.array(target)).all(axis=1))
    return int(rounds.interactions[: ends[0] + window].sum()) if ends.size else None


def _moving(values: Counts, window: int) -> Counts:
    """Sums of each `window` rows that follow each other."""
    before = np.zeros((len(values) + 1, values.shape[1]), dtype=np.int64)
    np.cumsum(values, axis=0, out=before[1:])
    sums: Counts = before[window:] - before[:-window]
    return sums


def _condition(pool: Pool, target: tuple[float, float], window: int) -> _Condition:
    sums = [round_sums(run, run.status) for run in pool.runs]
    needed = [reached(each, target, window) for each in sums]
    last = min(len(each.interactions) for each in sums) - 1
    if last < 0:
        return _Condition(pool, None, np.zeros((0, len(_PLACES))), needed)
    means = np.array([ratio(each.sums[last, _PLACES], each.counts[last, _PLACES]) for each in sums])
    known = means[~np.isnan(means).any(axis=1)]
    return _Condition(pool, last if len(known) else None, known, needed)


def _point(condition: _Condition) -> Point:
    alignment, engagement = estimates(condition.means)
    return Point(condition.pool.name, condition.last or 0, engagement, alignment, optimal=False)


def _front_sheet(conditions: Sequence[_Condition]) -> Sheet:
    points = with_front([_point(each) for each in conditions if each.last is not None])
    marked = iter(zip(points, unbeaten(points).tolist(), strict=True))
    rows: list[Sequence[Cell]] = []
    for each in conditions:
        told: list[Cell] = [None] * 7
        if each.last is not None:
            point, ahead = next(marked)
            volume = of_means(each.means, lambda means: np.maximum(means - REFERENCE, 0).prod(axis=1))
            share = (volume.mean or 0) / LARGEST
            told = [each.last, point.alignment, point.engagement, ahead, point.optimal, volume, share]
        rows.append([each.pool.name, len(each.pool.runs), *told])
    columns = ("condition", "runs", "round", *_REVISED, "on_the_front", "optimal", "hypervolume", "hypervolume_share")
    note = f"{_FRONT_NOTE}; {_SEEDS}"
    optional = ("hypervolume", "runs", "hypervolume_share", "optimal", "round")
    return Sheet("Pareto front", columns, rows, note, frozenset({"condition"}), optional, ("condition",))


def _together_sheet(volume: float | None) -> Sheet:
    rows: list[list[Cell]] = [[TOGETHER, volume, None if volume is None else volume / LARGEST]]
    return Sheet("hypervolume", ("condition", "hypervolume", "hypervolume_share"), rows, None, frozenset({"condition"}))


def _reach_sheet(conditions: Sequence[_Condition], goal: str) -> Sheet:
    """The mean stands only where all runs got there: that of the quick ones would be another condition's."""
    rows: list[Sequence[Cell]] = []
    for each in conditions:
        missed = each.needed.count(None)
        (mean,) = (None,) if missed else estimates(np.array(each.needed, dtype=np.float64)[:, None])
        rows.append([each.pool.name, len(each.needed), len(each.needed) - missed, mean])
    columns = ("condition", "runs", "reached", "interactions_until")
    note = f"until {goal}; the mean where all runs reach it; {_SEEDS}"
    return Sheet("interactions to reach", columns, rows, note, frozenset({"condition"}), (), ("condition",))


def _runs_sheet(conditions: Sequence[_Condition], goal: str) -> Sheet:
    rows: list[Sequence[Cell]] = [
        [each.pool.name, run.name, run.manifest.seed, needed]
        for each in conditions
        for run, needed in zip(each.pool.runs, each.needed, strict=True)
    ]
    columns = ("condition", "run", "seed", "interactions_until")
    texts = frozenset({"condition", "run"})
    return Sheet("interactions by run", columns, rows, f"until {goal}", texts, (), ("condition", "run"))


def _front_said(front: Sheet, together: float | None) -> list[str]:
    rated = [row for row in front.document() if row["on_the_front"] is not None]
    if together is None:
        return ["No run has a whole round that is rated in both dimensions: there is no front yet."]
    ahead = [row["condition"] for row in rated if row["on_the_front"]]
    of = f"On the front, by means alone: {some(ahead)}; of {counted(len(rated), 'condition')}."
    return [of, f"Together they dominate {together:.1f} of 36 ({together / LARGEST:.0%}) above (1, 1)."]


def _reach_said(conditions: Sequence[_Condition], goal: str) -> str:
    runs = [needed is not None for each in conditions for needed in each.needed]
    some = f"{sum(runs)} of {counted(len(runs), 'run')}" if any(runs) else "no run"
    return f"The target ({goal}) is reached by {some}."
