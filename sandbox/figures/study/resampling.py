"""Means over cells, and the intervals that chance leaves them: percentiles of a bootstrap of cells.

Chance is in the seeds: a study draws few societies of each condition, and how its figures would be for others is not
told by ratings inside of one. Knows values of cells, (cells, columns), nan where a cell has none; not what they are.
Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import repeat
from typing import Final

import numpy as np

from sandbox.figures.columns import Counts, Numbers
from sandbox.sheet import Estimate

FEWEST: Final = 3  # cells that have an interval
WIDE: Final = 10  # and fewer have one that is too narrow: docs/decisions.md#intervals-over-cells
DRAWS: Final = 10_000
SEED: Final = 0
NOTE: Final = (
    f"means of cell means; 95 % intervals draw cells, are too narrow for fewer than {WIDE}, none below {FEWEST}"
)
_BOUNDS: Final = (2.5, 97.5)  # %
_BLOCK: Final = 1 << 21  # picks that are in memory at once


def estimates(values: Numbers) -> list[Estimate]:
    """Of each column its mean, its interval and how many cells it has."""
    found: list[Estimate] = [Estimate(None, None, None, 0)] * values.shape[1]
    for columns, known in _alike(values):
        if len(known):
            ends = _ends(_drawn(known), known) if len(known) >= FEWEST else repeat((None, None))
            for column, mean, (low, high) in zip(columns, _mean(known), ends, strict=False):
                found[column] = Estimate(mean, low, high, len(known))
    return found


def of_means(values: Numbers, statistic: Callable[[Numbers], Numbers]) -> Estimate:
    """What `statistic` makes of the means of the columns, of those cells that have a value in each.

    It takes rows of means, and gives a number a row.
    """
    known = values[~np.isnan(values).any(axis=1)]
    if not len(known):
        return Estimate(None, None, None, 0)
    number = float(statistic(known.mean(axis=0, keepdims=True))[0])
    if len(known) < FEWEST:
        return Estimate(number, None, None, len(known))
    ((low, high),) = _ends(statistic(_drawn(known))[:, None], statistic(known)[:, None])
    return Estimate(number, low, high, len(known))


def differences(values: Numbers, others: Numbers) -> list[Estimate]:
    """Of each column the mean of `values` less that of `others`, which are other cells; `count` is the smaller side.

    Both sides are drawn, each by itself.
    """
    return [_difference(*sides) for sides in zip(values.T, others.T, strict=True)]


def _difference(one: Numbers, two: Numbers) -> Estimate:
    one, two = one[~np.isnan(one)], two[~np.isnan(two)]
    count = min(len(one), len(two))
    if not count:
        return Estimate(None, None, None, 0)
    mean = float(one.mean() - two.mean())
    if count < FEWEST or not (np.ptp(one) or np.ptp(two)):
        return Estimate(mean, None, None, count)
    drawn = _drawn(one[:, None], SEED + 1) - _drawn(two[:, None], SEED + 2)
    low, high = np.percentile(drawn, _BOUNDS)
    return Estimate(mean, float(low), float(high), count)


def _alike(values: Numbers) -> Iterator[tuple[Counts, Numbers]]:
    """Columns that the same cells have, and these cells' values: they are drawn together."""
    there = ~np.isnan(values)
    for pattern in np.unique(there, axis=1).T if values.size else ():
        columns = np.flatnonzero((there == pattern[:, None]).all(axis=0))
        yield columns, values[pattern][:, columns]


def _mean(values: Numbers) -> list[float]:
    means: list[float] = values.mean(axis=0).tolist()
    return means


def _ends(drawn: Numbers, values: Numbers) -> Iterator[tuple[float | None, float | None]]:
    """No interval where nothing varies: a width of zero would say that a sample cannot be wrong.

    Bounds are values that were drawn: of all 27 draws of three cells, those between two of them lie too far inside.
    """
    low, high = np.percentile(drawn, _BOUNDS, axis=0, method="inverted_cdf")
    for begin, end, varies in zip(low.tolist(), high.tolist(), np.ptp(values, axis=0) > 0, strict=True):
        yield (begin, end) if varies else (None, None)


def _drawn(values: Numbers, seed: int | None = None) -> Numbers:
    """Means of each column in every draw of as many cells; with a `seed` always as many draws as with any other."""
    return np.concatenate([weights @ values for weights in _draws(len(values), seed)])


def _draws(cells: int, seed: int | None) -> Iterator[Numbers]:
    """How much of its mean each draw, a row, has of each cell; in blocks where there are many cells."""
    if cells * DRAWS <= _BLOCK:
        yield _few(cells, seed)
        return
    chance = np.random.default_rng(seed or SEED)
    most = max(1, _BLOCK // cells)
    for begin in range(0, DRAWS, most):
        yield _weights(chance.integers(cells, size=(min(most, DRAWS - begin), cells)))


@lru_cache(maxsize=4)
def _few(cells: int, seed: int | None) -> Numbers:
    """All draws of few cells: all ways to draw them where these are few, too. Most conditions have as many cells."""
    if seed is None and cells**cells <= DRAWS:
        return _weights(np.stack(np.unravel_index(np.arange(cells**cells), (cells,) * cells), axis=1))
    return _weights(np.random.default_rng(seed or SEED).integers(cells, size=(DRAWS, cells)))


def _weights(picks: Counts) -> Numbers:
    """The same of `picks`, cells by their numbers."""
    draws, cells = picks.shape
    places = picks + np.arange(draws)[:, None] * cells
    weights: Numbers = np.bincount(places.ravel(), minlength=draws * cells).reshape(draws, cells) / cells
    return weights
