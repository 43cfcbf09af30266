"""Means, and the intervals that chance leaves them. Knows numbers and who gave them, not what they rate.

Chance is in which agents there are: a plan fixes how many have each label, and an agent's ratings all come with it. So
the variance of a mean is that of drawing the agents of each label anew, in closed form: what a bootstrap of agents
comes to with ever more draws (a ratio in a stratified sample of clusters: Cochran, Sampling Techniques, 1977; the
"cluster-robust" variance of Cameron and Miller 2015). Bounds are quantiles of Student's t, so that few agents have wide
ones: percentiles of a bootstrap are too narrow for fewer than a hundred. `benchmarks --only coverage` shows all three.
"""

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from sandbox.figures.columns import Numbers
from sandbox.figures.frame import Sample
from sandbox.sheet import Estimate

FEWEST: Final = 10  # values that have an interval
RATED: Final = (1.0, 7.0)  # within which a mean of ratings lies
CHANGED: Final = (-6.0, 6.0)  # and one of differences of two
NOTE: Final = f"95 % intervals draw agents; none below {FEWEST} ratings"


class _Part(NamedTuple):
    """What the agents of one stratum add to the variance of a mean, on so many degrees of freedom."""

    variance: float
    freedom: int


def estimate(values: Numbers, sample: Sample, within: tuple[float, float] = RATED) -> Estimate:
    """The mean of `values`, given by `sample`, which lies `within`; nan is missing and does not count."""
    known = ~np.isnan(values)
    if not known.any():
        return Estimate(None, None, None, 0)
    ratings = values[known]
    parts = _parts(ratings, sample.at(known)) if ratings.size >= FEWEST else []
    return _estimate(_mean(ratings), parts, ratings.size, within)


def difference(values: Numbers, sample: Sample, others: Numbers, other_sample: Sample) -> Estimate:
    """The mean of `values` less that of `others`, which other agents gave; `count` is of the smaller side."""
    one, two = estimate(values, sample), estimate(others, other_sample)
    if one.mean is None or two.mean is None:
        return Estimate(None, None, None, 0)
    count = min(one.count, two.count)
    sides = ((values, sample), (others, other_sample)) if count >= FEWEST else ()
    parts = [part for each, who in sides for part in _parts(each[~np.isnan(each)], who.at(~np.isnan(each)))]
    return _estimate(one.mean - two.mean, parts, count, CHANGED)


def _mean(known: Numbers) -> float:
    return float(known.sum()) / known.size


def _estimate(mean: float, parts: list[_Part], count: int, within: tuple[float, float]) -> Estimate:
    """No interval where nothing varies: a width of zero would say that a sample cannot be wrong."""
    variance = sum(part.variance for part in parts)
    if not variance:
        return Estimate(mean, None, None, count)
    freedom = variance**2 / sum(part.variance**2 / part.freedom for part in parts)  # Welch 1947, Satterthwaite 1946
    half = _student(freedom) * variance**0.5
    return Estimate(mean, max(mean - half, within[0]), min(mean + half, within[1]), count)


def _parts(ratings: Numbers, sample: Sample) -> list[_Part]:
    """For each stratum what drawing its agents anew adds; strata are put together if one has a single agent."""
    sums, counts = np.bincount(sample.agents, ratings), np.bincount(sample.agents)
    strata = np.zeros(counts.size, dtype=np.int64)
    strata[sample.agents] = sample.strata
    there = counts > 0
    # Ratings are whole numbers, and so this is exactly zero where all agents are alike.
    off = (counts.sum() * sums - sums.sum() * counts)[there]
    groups = [off[strata[there] == each] for each in np.unique(strata[there])]
    if min(group.size for group in groups) < 2:
        groups = [off]
    return [_part(group, int(counts.sum())) for group in groups if group.size > 1]


def _part(off: Numbers, count: int) -> _Part:
    agents = off.size
    squares = float(((off - off.sum() / agents) ** 2).sum())
    return _Part(agents / (agents - 1) * squares / count**4, agents - 1)


@lru_cache(maxsize=1 << 12)
def _student(freedom: float) -> float:
    """The 97.5 % quantile of Student's t."""
    from scipy.special import stdtrit  # slow to import, and not every look at a run shows an interval

    return float(stdtrit(freedom, 0.975))
