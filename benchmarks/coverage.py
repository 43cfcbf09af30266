"""How often 95 % intervals hold the truth, over simulated societies whose agents differ. Knows estimates, no runs.

Beside the intervals of today stand those of two bootstraps: of ratings, as though each came from an agent of its own,
and of agents, by its percentiles.
"""

from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np

from benchmarks.figure import Figure
from sandbox.figures.columns import Numbers
from sandbox.figures.estimate import estimate
from sandbox.figures.frame import Sample

SOCIETIES: Final = 500
DRAWS: Final = 1000
Interval = tuple[float, float]


class Shape(NamedTuple):
    """So many agents rated in so many rounds around `mean`.

    Agents lie apart by the standard deviation `between`, their ratings by one of 1, the two labels by `apart`; the
    share `missing` has no rating.
    """

    agents: int
    rounds: int
    between: float = 1.0
    apart: float = 0.0
    missing: float = 0.0
    mean: float = 4.0

    @property
    def name(self) -> str:
        """For people."""
        more = [f"labels {self.apart:g} apart"] if self.apart else []
        more += [f"{self.missing:.0%} missing"] if self.missing else []
        more += [f"around {self.mean:g}"] if self.mean != 4.0 else []
        return ", ".join([f"{self.agents} agents x {self.rounds}", *more])

    @property
    def truth(self) -> float:
        """The mean that all agents there could be would have: of a normal variable, rounded to 1..7."""
        spread = (self.between**2 + 1.0) ** 0.5
        labels = [NormalDist(self.mean + side * self.apart / 2, spread) for side in (-1, 1)]
        return sum(7.0 - sum(label.cdf(rating + 0.5) for rating in range(1, 7)) for label in labels) / 2


SHAPES: Final = (
    Shape(100, 1),
    Shape(100, 3),
    Shape(100, 10),
    Shape(100, 10, between=1.5, missing=0.2),
    Shape(100, 3, apart=3.0),
    Shape(100, 3, mean=6.0),
    Shape(36, 3, between=0.3),
    Shape(16, 3, apart=2.0, missing=0.1),
    Shape(16, 1),
    Shape(9, 3, missing=0.2),
    Shape(4, 10),
)


def coverage_figures() -> Iterator[Figure]:
    """The share of societies whose interval holds the truth, by shape and by how intervals are made."""
    for shape in SHAPES:
        yield Figure(f"coverage: {shape.name}", coverage(shape, ours), most=0.97, least=0.93)
        yield Figure(f"coverage: {shape.name}, bootstrap of ratings", coverage(shape, of_ratings))
        yield Figure(f"coverage: {shape.name}, percentiles of agents", coverage(shape, of_agents))


def coverage(shape: Shape, made: Callable[[Numbers, Sample], Interval], societies: int = SOCIETIES) -> float:
    """The share of so many societies of this `shape` whose interval, `made` of their ratings, holds the truth."""
    random = np.random.default_rng(1)
    intervals = [made(*society(shape, random)) for _ in range(societies)]
    return sum(low <= shape.truth <= high for low, high in intervals) / societies


def society(shape: Shape, random: np.random.Generator) -> tuple[Numbers, Sample]:
    """Ratings round by round, nan where there is none, and who gave them; every other agent has the other label."""
    agents = np.arange(shape.agents)
    own = shape.mean + (agents % 2 - 0.5) * shape.apart + random.normal(0.0, shape.between, shape.agents)
    ratings = np.clip(np.rint(own + random.normal(0.0, 1.0, (shape.rounds, shape.agents))), 1.0, 7.0)
    ratings[random.random(ratings.shape) < shape.missing] = np.nan
    everyone = np.tile(agents, shape.rounds)
    return ratings.ravel(), Sample(everyone, everyone % 2 if shape.apart else everyone * 0)


def ours(ratings: Numbers, sample: Sample) -> Interval:
    """As every table shows it; without one nothing is held."""
    found = estimate(ratings, sample)
    return (np.inf, -np.inf) if found.low is None or found.high is None else (found.low, found.high)


def of_ratings(ratings: Numbers, _: Sample) -> Interval:
    """Percentiles of the means of as many ratings, drawn with replacement."""
    values, counts = np.unique(ratings[~np.isnan(ratings)], return_counts=True)
    drawn = np.random.default_rng(0).multinomial(counts.sum(), counts / counts.sum(), DRAWS)
    return _percentiles(drawn @ values / counts.sum())


def of_agents(ratings: Numbers, sample: Sample) -> Interval:
    """Percentiles of the means of as many agents, drawn with replacement, each with all its ratings."""
    known = ~np.isnan(ratings)
    size = int(sample.agents.max()) + 1
    sums = np.bincount(sample.agents[known], ratings[known], size)
    counts = np.bincount(sample.agents[known], minlength=size)
    drawn = np.random.default_rng(0).multinomial(size, np.full(size, 1 / size), DRAWS)
    return _percentiles(drawn @ sums / (drawn @ counts))


def _percentiles(means: Numbers) -> Interval:
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
