"""How far raters of the same units agree: the numbers of one comparison, with intervals. Knows numbers, no run.

Chance is in which units there are. Shares and means are over pairs of ratings of one unit, each unit weighing as many
as it has ratings, as in Krippendorff's alpha.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from sandbox.analysis.observer.reliability import Given, alpha
from sandbox.figures.columns import Counts, Numbers
from sandbox.scores.intervals import bootstrap, wilson
from sandbox.sheet import Estimate

NOTE: Final = "95 % intervals draw texts"
FEWEST: Final = 10  # units of a number that has an interval
_PAIR: Final = 2  # ratings of a unit


@dataclass(frozen=True)
class Agreement:
    """Of `units` that have two ratings or more.

    `exact` and `within_1` are shares of pairs, `apart` is the mean of absolute differences, `sd` the standard deviation
    within a unit, pooled: each unit weighs as many as it has ratings less one. Alphas, at three levels, are None where
    all ratings are the same; `doubt` is why that at the interval level could not be given bounds.
    """

    units: int
    exact: Estimate
    within_1: Estimate
    apart: float | None
    sd: float | None
    nominal: float | None
    ordinal: float | None
    interval: Estimate
    doubt: str | None


class _Found(NamedTuple):
    """`note` says why there is no interval, unless that is because nothing varies."""

    estimate: Estimate
    note: str | None


def agreement(ratings: Given) -> Agreement:
    """How far they agree."""
    values, counts = ratings
    number, steps = counts.sum(axis=1), np.diff(values)
    below = np.cumsum(counts, axis=1)[:, :-1]
    equal = (counts * (counts - 1)).sum(axis=1)
    near = equal + 2 * (counts[:, 1:] * counts[:, :-1])[:, steps == 1].sum(axis=1)
    apart = 2 * (below * (number[:, None] - below)) @ steps
    total, squares = counts @ (values - values[:1]), counts @ (values - values[:1]) ** 2
    found = _estimate(_alpha, number, total, squares)
    return Agreement(
        units=len(counts),
        exact=_share(number, equal),
        within_1=_share(number, near),
        apart=_mean(apart, number),
        sd=_spread(number, total, squares),
        nominal=alpha(ratings, "nominal"),
        ordinal=alpha(ratings, "ordinal"),
        interval=found.estimate,
        doubt=found.note,
    )


def mean_difference(one: Numbers, other: Numbers) -> Estimate:
    """Of `other` less `one`, in pairs; nan is missing."""
    apart = other - one
    values, alike = np.unique(apart[~np.isnan(apart)], return_counts=True)
    return _interval(lambda weights: np.asarray(weights @ values / alike.sum()), alike).estimate


def _mean(pairs: Counts, number: Counts) -> float | None:
    """Of what all ordered pairs of each unit come to, where units have so many ratings."""
    return float((pairs / (number - 1)).sum() / number.sum()) if number.size else None


def _spread(number: Counts, total: Counts, squares: Counts) -> float | None:
    """The root of the mean square within units (of one-way analysis of variance)."""
    within = ((number * squares - total**2) / number).sum()
    return float(within / (number - 1).sum()) ** 0.5 if number.size else None


def _share(number: Counts, pairs: Counts) -> Estimate:
    """Where every unit is one pair, these are independent cases, and the interval is Wilson's: it holds at 0 and 1."""
    found = _estimate(_ratio, number, pairs).estimate
    if found.mean is None or found.count < FEWEST or (number != _PAIR).any():
        return found
    low, high, *_ = wilson(found.mean * found.count, found.count)
    return Estimate(found.mean, low, high, found.count)


def _ratio(weights: Numbers, number: Numbers, pairs: Numbers) -> Numbers:
    return np.asarray(weights @ (pairs / (number - 1)) / (weights @ number))


def _alpha(weights: Numbers, number: Numbers, total: Numbers, squares: Numbers) -> Numbers:
    """At the interval level, of each row of `weights`: nan where all that was drawn is the same."""
    within = (number * squares - total**2) / (number - 1)
    ratings, sums, observed = (weights @ each for each in (number, total, within))
    expected = ratings * (weights @ squares) - sums**2
    none = np.full(len(weights), np.nan)
    return np.asarray(1 - np.divide((ratings - 1) * observed, expected, out=none, where=expected > 0))


def _estimate(statistic: Callable[..., Numbers], *columns: Counts) -> _Found:
    """Of units that add these whole numbers to it, with an interval: those that add the same are drawn together."""
    size = [int(each.max(initial=0)) + 1 for each in columns]
    _, first, alike = np.unique(np.ravel_multi_index(columns, size), return_index=True, return_counts=True)
    kinds = [each[first].astype(np.float64) for each in columns]
    return _interval(lambda weights: statistic(weights, *kinds), alike)


def _interval(statistic: Callable[[Numbers], Numbers], alike: Counts) -> _Found:
    """Of units of so many kinds. None where nothing varies: a width of zero would say that they cannot be wrong."""
    units = int(alike.sum())
    if not units or np.isnan(value := float(statistic(alike[None].astype(np.float64))[0])):
        return _Found(Estimate(None, None, None, units), None)
    if units < FEWEST:
        return _Found(Estimate(value, None, None, units), f"no interval: fewer than {FEWEST} texts")
    low, high, how, note = bootstrap(statistic, units, units, alike)
    bounds = (low, high) if low != high else (None, None)
    return _Found(Estimate(value, *bounds, units), None if how else note)
