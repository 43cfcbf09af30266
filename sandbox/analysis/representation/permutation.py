"""Whether groups lie further apart than chance sets them: the largest gap of means under other labels of units.

Knows sums and counts of units; not what a unit is. A unit (an agent with all its ratings, an item) changes its group as
a whole, as values of one unit are not exchangeable with those of others (Good, Permutation Tests, 2005, section 2).
Units change places within their stratum alone, which is a run: groups were placed there, and never across runs.
"""

from collections.abc import Iterator
from itertools import combinations
from math import comb, prod
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sandbox.figures.columns import Counts, Numbers

Labels = NDArray[np.int8]  # a row a relabelling, a column a unit
MOST_EXACT: Final = 10_000  # relabellings, all of which are gone through
DRAWS: Final = 10_000  # of more
SEED: Final = 0
_TIE: Final = 1e-12  # gaps that differ by less are the same, summed in another order
_CELLS: Final = 1 << 21  # of labels that are compared at once


class Units(NamedTuple):
    """The sum and the count of the values that each unit has of each of several measures, arrays (units, measures).

    `groups` and `strata` are the numbers of what each unit belongs to, arrays (units,); there are at most 127 groups.
    """

    sums: Numbers
    counts: Counts
    groups: Counts
    strata: Counts


class GapTest(NamedTuple):
    """The largest mean of a group less the smallest, and how often relabelled groups lie as far apart.

    `p` is hits / all where `exact`, else (1 + hits) / (1 + draws), which is never 0 (Phipson and Smyth 2010).
    `least` is the smallest p that these units could have come to: that of their largest gap under any label.
    `relabellings` counts those that were gone through.
    """

    gap: float
    p: float
    least: float
    relabellings: int
    exact: bool


def gap_tests(units: Units) -> list[GapTest | None]:
    """One for each measure, None where fewer than two groups have a value. All go through the same relabellings."""
    names, groups = np.unique(units.groups, return_inverse=True)
    observed: Labels = groups.astype(np.int8)[None]
    exact = distinct(units) <= MOST_EXACT
    units = units._replace(groups=groups)
    blocks = _blocks(_all(units)) if exact else _drawn(units)
    gaps = np.concatenate([_gaps(units, labels, names.size) for labels in blocks])
    there = np.array([(units.counts[groups == group] > 0).any(axis=0) for group in range(names.size)])
    return [
        _test(gap, column, exact=exact) if with_values > 1 else None
        for gap, column, with_values in zip(
            _gaps(units, observed, names.size)[0], gaps.T, there.sum(axis=0), strict=True
        )
    ]


def _test(gap: float, gaps: Numbers, *, exact: bool) -> GapTest:
    def share(least: float) -> float:
        hits = int((gaps >= least - _TIE).sum())
        return hits / gaps.size if exact else (1 + hits) / (1 + gaps.size)

    return GapTest(float(gap), share(gap), share(max(gap, gaps.max())), gaps.size, exact)


def distinct(units: Units) -> int:
    """In how many ways the labels of `units` can lie over them, within their strata."""
    sizes = (_sizes(units.groups[places]) for places in _places(units.strata))
    return prod(comb(sum(each[: place + 1]), size) for each in sizes for place, size in enumerate(each))


def _gaps(units: Units, labels: Labels, groups: int) -> Numbers:
    """The largest gap, a row for each of `labels`, a column a measure; 0 where one group alone has values."""
    table = np.concatenate([units.sums, units.counts], axis=1, dtype=np.float64)
    sums, counts = np.split(np.stack([(labels == group).astype(np.float64) @ table for group in range(groups)]), 2, -1)
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    gaps: Numbers = np.fmax.reduce(means) - np.fmin.reduce(means)
    return gaps


def _all(units: Units) -> Labels:
    """Every distinct relabelling, each once."""
    labels: Labels = np.zeros((1, units.groups.size), dtype=np.int8)
    for places in _places(units.strata):
        names, sizes = np.unique(units.groups[places]), _sizes(units.groups[places])
        within = names[np.argsort(sizes, kind="stable")].astype(np.int8)[_orders(sorted(sizes))]
        before = len(labels)
        labels = np.repeat(labels, len(within), axis=0)
        labels[:, places] = np.tile(within, (before, 1))
    return labels


def _orders(sizes: list[int]) -> Labels:
    """Every order of so many of each of the numbers 0, 1, ...; the largest number fills what the others leave."""
    count, first = sum(sizes), sizes[0]
    if len(sizes) == 1:
        return np.zeros((1, count), dtype=np.int8)
    rest = _orders(sizes[1:]) + np.int8(1)
    chosen = np.array([*combinations(range(count), first)])
    free = np.ones((len(chosen), count), dtype=bool)
    free[np.arange(len(chosen))[:, None], chosen] = False
    orders: Labels = np.zeros((len(chosen) * len(rest), count), dtype=np.int8)
    orders[np.repeat(free, len(rest), axis=0)] = np.tile(rest, (len(chosen), 1)).ravel()
    return orders


def _blocks(labels: Labels) -> Iterator[Labels]:
    rows = max(1, _CELLS // labels.shape[1])
    return (labels[start : start + rows] for start in range(0, len(labels), rows))


def _drawn(units: Units) -> Iterator[Labels]:
    """`DRAWS` relabellings, the same each time."""
    generator = np.random.default_rng(SEED)
    for block in _blocks(np.broadcast_to(units.groups.astype(np.int8), (DRAWS, units.groups.size))):
        labels: Labels = block.copy()
        for places in _places(units.strata):
            labels[:, places] = generator.permuted(labels[:, places], axis=1)
        yield labels


def _places(strata: Counts) -> list[Counts]:
    """Where the units of each stratum stand."""
    return [np.flatnonzero(strata == each) for each in np.unique(strata)]


def _sizes(groups: Counts) -> list[int]:
    """How many units each group has, in the order of their numbers."""
    sizes: list[int] = np.unique(groups, return_counts=True)[1].tolist()
    return sizes
