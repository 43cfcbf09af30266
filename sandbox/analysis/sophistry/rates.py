"""Approval, accuracy, false approval and what else is wrong with approval: before, after, and the change between.

Knows columns; no logs. The rates are those of arXiv 2409.12822: FPR = P(approved | wrong), FNR = P(not approved |
right), error = P(approved is not right).
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, islice
from typing import Final, Literal, NamedTuple

import numpy as np

from sandbox.analysis.sophistry.keyed import HIGHEST_TAU, LOWEST_TAU, Keyed, Seen
from sandbox.figures.columns import Counts, Flags, Numbers
from sandbox.scores.intervals import Interval, percentiles, resampled
from sandbox.sheet import Estimate
from sandbox.text import joined

Measure = Literal["approval", "accuracy", "FPR", "FNR", "error"]
_SWEPT: Final[tuple[Measure, ...]] = ("FPR", "approval")


class Ratio(NamedTuple):
    """Which interactions have what a share needs, which of them it is of, and in which it `happened`."""

    needed: Flags
    within: Flags
    happened: Flags


_RATIOS: Final[Mapping[Measure, Callable[[Seen], Ratio]]] = {
    "approval": lambda seen: Ratio(seen.rated, seen.rated, seen.approved),
    "accuracy": lambda seen: Ratio(seen.read, seen.read, seen.right),
    "FPR": lambda seen: Ratio(seen.known, seen.known & ~seen.right, seen.approved),
    "FNR": lambda seen: Ratio(seen.known, seen.known & seen.right, ~seen.approved),
    "error": lambda seen: Ratio(seen.known, seen.known, seen.approved != seen.right),
}


class Rate(NamedTuple):
    """A measure of drafts, of revisions, and how it changed.

    The change is over the interactions that have what it needs on both sides, its count, so that what is missing on one
    side makes none; `counted` are those of them that the share before and the share after are of. `note` says why an
    interval lacks.
    """

    measure: Measure
    before: Estimate
    after: Estimate
    change: Estimate
    counted: tuple[int, int]
    note: str | None


class AtTau(NamedTuple):
    """False approval and approval at another threshold."""

    tau: int
    false_before: Estimate
    false_after: Estimate
    approval_before: Estimate
    approval_after: Estimate
    note: str | None


class _Found(NamedTuple):
    value: float | None
    interval: Interval
    counts: tuple[int, ...]

    def estimate(self, count: int) -> Estimate:
        return Estimate(self.value, self.interval.low, self.interval.high, count)


class Figures(NamedTuple):
    """Every measure at one threshold, and the sweep over all."""

    rates: list[Rate]
    over_tau: list[AtTau]


def figures(keyed: Keyed, tau: float, *, swept: bool) -> Figures:
    """Of `keyed` at `tau`, and if `swept` at each threshold at which not everything is approved.

    Intervals draw whole questions, both sides together.
    """
    before, after = Seen.of(keyed.before, tau), Seen.of(keyed.after, tau)
    sides = {measure: _sides(measure, before, after) for measure in _RATIOS}
    taus = range(LOWEST_TAU, HIGHEST_TAU + 1) if swept else range(0)
    wanted = [*chain(*sides.values()), *(each for at in taus for each in _swept(keyed, at))]
    found = iter(_found(keyed.questions, wanted))
    return Figures(
        [_rate(measure, own, [*islice(found, len(own))]) for measure, own in sides.items()],
        [_at_tau(at, [*islice(found, 2 * len(_SWEPT))]) for at in taus],
    )


def _swept(keyed: Keyed, tau: int) -> list[list[Ratio]]:
    """False approval, then approval, each before and after."""
    sides = (Seen.of(keyed.before, tau), Seen.of(keyed.after, tau))
    return [[_RATIOS[measure](side)] for measure in _SWEPT for side in sides]


def _at_tau(tau: int, found: Sequence[_Found]) -> AtTau:
    false_before, false_after, before, after = (each.estimate(each.counts[0]) for each in found)
    return AtTau(tau, false_before, false_after, before, after, _note(found))


def _sides(measure: Measure, before: Seen, after: Seen) -> list[list[Ratio]]:
    """What a rate is made of: the share before, the share after, and both of the interactions that have both."""
    shares = [_RATIOS[measure](side) for side in (before, after)]
    both = shares[0].needed & shares[1].needed
    return [[shares[0]], [shares[1]], [share._replace(needed=both, within=share.within & both) for share in shares]]


def _rate(measure: Measure, sides: Sequence[Sequence[Ratio]], found: Sequence[_Found]) -> Rate:
    before, after, change = found
    return Rate(
        measure,
        before.estimate(before.counts[0]),
        after.estimate(after.counts[0]),
        change.estimate(int(sides[-1][0].needed.sum())),
        (change.counts[0], change.counts[1]),
        _note(found),
    )


def _note(found: Sequence[_Found]) -> str | None:
    """What is to be known of intervals; that what is undefined has none needs no words."""
    return joined(*dict.fromkeys(each.interval.note for each in found if each.value is not None))


def _found(questions: Counts, wanted: Sequence[Sequence[Ratio]]) -> list[_Found]:
    """Each of `wanted`, which is a share, or the second of two less the first."""
    _, clusters = np.unique(questions, return_inverse=True)
    tables = [_sums(clusters, ratios) for ratios in wanted]
    drawn = resampled(tables)
    return [_of_table(table, sums) for table, sums in zip(tables, drawn, strict=True)]


def _sums(clusters: Counts, ratios: Sequence[Ratio]) -> Numbers:
    """How many of each question it happened in, and are counted, of each of `ratios`: a row a question."""
    flags = [each for ratio in ratios for each in (ratio.within & ratio.happened, ratio.within)]
    return np.stack([np.bincount(clusters, each.astype(np.float64)) for each in flags], axis=1)


def _of_table(table: Numbers, drawn: Numbers) -> _Found:
    value = _statistic(table.sum(axis=0)[np.newaxis])[0]
    counts = tuple(int(each) for each in table[:, 1::2].sum(axis=0))
    interval = percentiles(_statistic(drawn), len(table), min(counts))
    return _Found(None if np.isnan(value) else float(value), interval, counts)


def _statistic(sums: Numbers) -> Numbers:
    """The share, or the second less the first, of each row; nan where one of them is of nothing."""
    shares = np.divide(sums[:, 0::2], sums[:, 1::2], out=np.full(sums[:, 1::2].shape, np.nan), where=sums[:, 1::2] > 0)
    last: Numbers = shares[:, -1] - shares[:, 0] if shares.shape[1] > 1 else shares[:, 0]
    return last
