"""Cases that a mean is over, and the number that they come to. Knows values and clusters, not what is measured."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from math import fsum
from typing import Final, Literal, NamedTuple

from sandbox.runs.evaluation.records import Missing
from sandbox.scores.asked import Asked
from sandbox.scores.intervals import Interval, Sums, difference_interval, ratio_interval, wilson
from sandbox.scores.number import Number
from sandbox.suites.suite import Item, Suite

SHARE: Final = (0.0, 1.0)
_NOTHING: Final = Sums(0, 0)


class Case(NamedTuple):
    """One value of a mean, or why it is `missing`.

    With neither, the mean is not over it, but its cluster is drawn: an act that is not wrong, for the share of wrong
    ones that were missed.
    """

    item: Item
    sample: int
    value: float | None
    missing: Missing | None = None

    @property
    def cluster(self) -> str:
        """Cases of one cluster are not independent: a stated one, else what the item was made from, else the item."""
        return self.item.cluster or self.item.template or self.item.id


class Measure(NamedTuple):
    """What is told: its name, the range of its values, which end is wanted, and whether each value is yes or no."""

    name: str
    unit: tuple[float, float] = SHARE
    better: Literal["high", "low"] | None = "high"
    yes_no: bool = True


class Outcome(NamedTuple):
    """What two evaluations of a suite are compared by: a value of each sample of each item."""

    measure: Measure
    cases: Sequence[Case]


def mean(suite: Suite, measure: Measure, cases: Sequence[Case], by: str | None = None, of: str | None = None) -> Number:
    """The mean of those that have a value, with its interval and its bounds; undefined where none has one."""
    clusters = _clusters(cases)
    values = [each.value for each in cases if each.value is not None]
    missing = _missing(cases)
    low, high, how, note = _interval(measure, values, list(clusters.values()), _items(cases))
    return Number(
        suite=suite.name,
        measure=measure.name,
        by=by,
        of=of,
        value=_mean(values),
        low=low,
        high=high,
        how=how,
        note=note,
        n=len(values) + sum(missing.values()),
        scored=len(values),
        missing=missing,
        clusters=len(clusters),
        unit=measure.unit,
        better=measure.better,
        **_bounds(measure, values, sum(missing.values())),
    )


def of_all(
    suite: Suite, measure: Measure, cases: Sequence[Case], by: str | None = None, of: str | None = None
) -> Number:
    """As `mean`, but over all that were asked: what is missing has not done it, and is told as missing beside it.

    Where everything is missing it is undefined too: nobody is wrong who was not heard.
    """
    filled = [each._replace(value=0.0, missing=None) if each.missing else each for each in cases]
    known = mean(suite, measure, cases, by, of)
    told = mean(suite, measure, filled, by, of) if known.scored else known
    return told.model_copy(
        update={"scored": known.scored, "missing": known.missing, "worst": known.worst, "best": known.best}
    )


def difference(suite: Suite, measure: Measure, cases: Sequence[Case], others: Sequence[Case]) -> Number:
    """The share of `cases` less that of `others`, which share clusters; n and scored are of both together."""
    sums, other_sums = _clusters(cases), _clusters(others)
    drawn = [(sums.get(each, _NOTHING), other_sums.get(each, _NOTHING)) for each in sorted(sums | other_sums)]
    told = mean(suite, measure, [*cases, *others])
    bad, good = SHARE if measure.better != "low" else SHARE[::-1]
    value, worst, best = (
        _less(_filled(cases, one), _filled(others, other)) for one, other in ((None, None), (bad, good), (good, bad))
    )
    found = Interval() if value is None else difference_interval(drawn, min(map(_items, (cases, others))))
    return told.model_copy(update=found._asdict() | {"value": value, "worst": worst, "best": best})


Told = Callable[[Suite, Measure, Sequence[Case], str | None, str | None], Number]


def by_group(suite: Suite, measure: Measure, cases: Sequence[Case], told: Told = mean) -> Iterator[Number]:
    """Over all cases, then over those of each value of each field that the suite tells numbers apart `by`."""
    yield told(suite, measure, cases, None, None)
    yield from chain.from_iterable(of_each(suite, measure, cases, name, told) for name in suite.by)


def of_each(suite: Suite, measure: Measure, cases: Sequence[Case], by: str, told: Told = mean) -> Iterator[Number]:
    """Over those of each value that items have in the field `by`; an item that has none is in none of them."""
    for of, within in groups(cases, by).items():
        yield told(suite, measure, within, by, of)


def groups(cases: Iterable[Case], by: str) -> dict[str, list[Case]]:
    """The cases of each value that items have in the field `by`, in order of values."""
    found: dict[str, list[Case]] = {}
    for each in cases:
        if (value := each.item.value(by)) is not None:
            found.setdefault(value, []).append(each)
    return dict(sorted(found.items()))


def baseline(suite: Suite, name: str, values: Sequence[float], by: str | None = None, of: str | None = None) -> Number:
    """The mean of what no model answered."""
    count = len(values)
    return Number(
        suite=suite.name,
        measure=name,
        by=by,
        of=of,
        value=_mean(values),
        n=count,
        scored=count,
        unit=SHARE,
        baseline=True,
    )


def rated(samples: Iterable[Asked]) -> list[Case]:
    """A case for each sample, with its rating."""
    return [Case(each.item, each.sample, *each.rating()) for each in samples]


def _filled(cases: Iterable[Case], end: float | None) -> float | None:
    """The mean with what is missing at this `end` of the range; without it, where there is none."""
    values = [end if each.value is None else each.value for each in cases]
    return _mean([each for each in values if each is not None])


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _mean(values: Sequence[float]) -> float | None:
    return fsum(values) / len(values) if values else None


def _missing(cases: Iterable[Case]) -> dict[Missing, int]:
    """How many are missing, by reason, in order of reasons."""
    reasons = [each.missing for each in cases if each.missing and each.value is None]
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def _clusters(cases: Iterable[Case]) -> dict[str, Sums]:
    """What each cluster that is not wholly missing adds."""
    found: dict[str, Sums] = {}
    for each in cases:
        if not each.missing:
            value, count = found.get(each.cluster, (0.0, 0))
            found[each.cluster] = Sums(value + (each.value or 0.0), count + (each.value is not None))
    return found


def _items(cases: Iterable[Case]) -> int:
    """Of how many items there are values: more samples of one are no more items."""
    return len({each.item.id for each in cases if each.value is not None})


def _interval(measure: Measure, values: Sequence[float], clusters: Sequence[Sums], items: int) -> Interval:
    """Wilson's where yes or no was said independently and none is left out; else a bootstrap of clusters."""
    if not values:
        return Interval()
    independent = all(each.cases == 1 for each in clusters)
    if measure.yes_no and independent:
        return wilson(fsum(values), len(values))
    return ratio_interval(clusters, items)


def _bounds(measure: Measure, values: Sequence[float], missing: int) -> dict[str, float | None]:
    """The mean if all that is missing were at the worst end of the range, and at the best."""
    ends = measure.unit if measure.better != "low" else measure.unit[::-1]
    return {name: _mean([*values, *[end] * missing]) for name, end in zip(("worst", "best"), ends, strict=True)}
