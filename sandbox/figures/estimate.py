"""Means with the uncertainty that a sample of so many leaves. Knows whole numbers, not what they rate.

A bootstrap of n ratings draws n of them with replacement, again and again. Ratings are whole numbers from a small
range, so a sample is one multinomial draw of how often each occurs: exact, and no slower for a million ratings.
"""

from functools import lru_cache
from typing import Final

import numpy as np

from sandbox.figures.frame import Numbers
from sandbox.sheet import Estimate

DRAWS: Final = 1000
SEED: Final = 0  # the same figures for the same run, each time they are shown
LOW, HIGH = 2.5, 97.5


def estimate(values: Numbers) -> Estimate:
    """The mean of whole `values`; nan is missing and does not count."""
    known = values[~np.isnan(values)]
    if not known.size:
        return Estimate(None, None, None, 0)
    low, high = np.percentile(_means(known), [LOW, HIGH])
    return Estimate(_mean(known), float(low), float(high), known.size)


def difference(values: Numbers, others: Numbers) -> Estimate:
    """The mean of `values` less that of `others`, which are other cases; `count` is of the smaller side."""
    one, two = values[~np.isnan(values)], others[~np.isnan(others)]
    if not (one.size and two.size):
        return Estimate(None, None, None, 0)
    low, high = np.percentile(_means(one) - _means(two, SEED + 1), [LOW, HIGH])
    return Estimate(_mean(one) - _mean(two), float(low), float(high), min(one.size, two.size))


def mean_of(values: Numbers) -> float | None:
    """The mean of whole `values` alone, nan left out: exact, the same number as in `rounds.jsonl`."""
    known = values[~np.isnan(values)]
    return _mean(known) if known.size else None


def _mean(known: Numbers) -> float:
    return int(known.sum()) / known.size


def _means(known: Numbers, seed: int = SEED) -> Numbers:
    """The means of `DRAWS` samples of the same size, drawn from `known` with replacement."""
    values, counts = np.unique(known, return_counts=True)
    return _drawn(tuple(values.tolist()), tuple(counts.tolist()), seed)


@lru_cache(maxsize=1 << 12)
def _drawn(values: tuple[float, ...], counts: tuple[int, ...], seed: int) -> Numbers:
    """A table, a picture and a report ask for the same interval, and rounds that were rated alike have the same."""
    size = sum(counts)
    drawn = np.random.default_rng(seed).multinomial(size, np.array(counts) / size, size=DRAWS)
    means: Numbers = drawn @ np.array(values) / size
    means.flags.writeable = False
    return means
