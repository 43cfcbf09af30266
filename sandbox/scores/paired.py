"""One evaluation against another: the same samples of the same items, paired. Knows two evaluations, no terminal."""

from collections.abc import Iterable, Iterator, Sequence
from math import fsum
from typing import Final, NamedTuple

from sandbox.errors import UsageError
from sandbox.runs.asks import Count, Record
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.scores.asked import Asked, asked
from sandbox.scores.cases import Case, Measure, mean
from sandbox.scores.intervals import mcnemar
from sandbox.scores.number import Number
from sandbox.scores.summary import SCORINGS
from sandbox.sheet import Estimate, Sheet
from sandbox.suites.suite import Suite
from sandbox.text import joined

_COLUMNS: Final = ("suite", "measure", "pairs", "base", "other", "difference", "only_base", "only_other", "p")


class Difference(Record):
    """How much more `measure` is in the other evaluation than in the base: a mean over pairs, with its interval.

    Pairs have a value on both sides; `unpaired` counts samples with one on a single side. `base` and `other` are the
    means of pairs; what lacks a value on either side is missing in the difference. Where each value is yes or no,
    `only_base` and `only_other` count pairs in which one side alone has yes, and `p` is of McNemar's exact test,
    two-sided, which takes pairs to be independent.
    """

    suite: str
    measure: str
    pairs: Count
    unpaired: Count
    base: float | None
    other: float | None
    difference: Number
    only_base: Count | None = None
    only_other: Count | None = None
    p: float | None = None


class _Pair(NamedTuple):
    base: Case
    other: Case

    @property
    def known(self) -> bool:
        return self.base.value is not None and self.other.value is not None

    @property
    def change(self) -> Case:
        """How much more the other one is; why that is not known."""
        if self.base.value is None or self.other.value is None:
            return self.other._replace(value=None, missing=self.base.missing or self.other.missing)
        return self.other._replace(value=self.other.value - self.base.value)

    def if_missing(self, base: float, other: float) -> float:
        """The change if what is missing were these."""
        one, two = self.base.value, self.other.value
        return (other if two is None else two) - (base if one is None else one)


def compare(base: Evaluation, other: Evaluation) -> list[Difference]:
    """The suites of both, by name, each by what its headline is about.

    Raises `UsageError` that names what differs, where they asked another suite of that name, with another seed, or
    were judged by another model or prompt; or where they have no suite in common. `SandboxError` for damaged records.
    """
    names = [suite.name for suite in base.suites if suite.name in {each.name for each in other.suites}]
    if not names:
        raise UsageError(f"{other.name} and {base.name} have no suite in common, so there is nothing to compare.")
    suites = [suite for suite in base.suites if suite.name in names]
    if why := next(_differing(base, other, suites), None):
        raise UsageError(f"{other.name} cannot be compared with {base.name}: {why}.\nEvaluate both alike.")
    sides = [_asked(each, suites) for each in (base, other)]
    return [_of_suite(suite, *(side[suite.name] for side in sides)) for suite in suites]


def paired_sheet(base: str, other: str, differences: Sequence[Difference]) -> Sheet:
    """`differences` as a table; each has its interval."""
    rows = [
        [
            each.suite,
            each.measure,
            each.pairs,
            each.base,
            each.other,
            Estimate(each.difference.value, each.difference.low, each.difference.high, each.pairs),
            each.only_base,
            each.only_other,
            each.p,
        ]
        for each in differences
    ]
    texts = frozenset({"suite", "measure"})
    return Sheet(f"{other} against {base}", _COLUMNS, rows, joined(*notes(differences)), texts)


def notes(differences: Iterable[Difference]) -> list[str]:
    """What is to be known of `differences`: why an interval lacks, and where p takes for independent what is not."""
    found = [*differences]
    told = [*dict.fromkeys(each.difference.note for each in found if each.difference.note)]
    if shared := [each.suite for each in found if each.p is not None and each.difference.clusters < each.pairs]:
        told.append(f"p takes pairs to be independent, which those of one cluster are not: {', '.join(shared)}")
    return told


def _differing(base: Evaluation, other: Evaluation, suites: Iterable[Suite]) -> Iterator[str]:
    """What makes them two things: first what makes digests differ, too."""
    one, two = base.manifest, other.manifest
    digests = [{each.name: each.digest for each in side.suites} for side in (one, two)]
    if one.seed != two.seed:
        yield f"their seeds are {two.seed} and {one.seed}"
    if one.judge != two.judge and any(suite.judge for suite in suites):
        yield f"their judges are {two.judge} and {one.judge}"
    for suite in suites:
        if one.prompts.get(suite.name) != two.prompts.get(suite.name):
            yield f"the judge's prompt of suite {suite.name} differs"
    for suite in suites:
        if digests[0][suite.name] != digests[1][suite.name]:
            yield f"suite {suite.name} is another one there (its digest differs)"


def _asked(evaluation: Evaluation, suites: Sequence[Suite]) -> dict[str, list[Asked]]:
    """What `evaluation` has of `suites`."""
    names = {suite.name for suite in suites}
    answers = (each for each in evaluation.answers() if each.suite in names)
    return asked(suites, answers, (each for each in evaluation.judgements() if each.suite in names))


def _of_suite(suite: Suite, base: Sequence[Asked], other: Sequence[Asked]) -> Difference:
    scoring = SCORINGS[suite.metric]
    measure, cases = scoring.outcome(suite, base)
    others = {(each.item.id, each.sample): each for each in scoring.outcome(suite, other).cases}
    both = [_Pair(each, others[key]) for each in cases if (key := (each.item.id, each.sample)) in others]
    known = [pair for pair in both if pair.known]
    there = sum(each.value is not None for each in (*cases, *others.values()))
    sides = [[side.value or 0.0 for side in each] for each in known]
    only = [sum(one != two and bool(one) is first for one, two in sides) for first in (True, False)]
    return Difference(
        suite=suite.name,
        measure=measure.name,
        pairs=len(known),
        unpaired=there - 2 * len(known),
        base=_mean([one for one, _ in sides]),
        other=_mean([two for _, two in sides]),
        difference=_difference(suite, measure, [pair for pair in both if pair.known or pair.change.missing]),
        **({"only_base": only[0], "only_other": only[1], "p": mcnemar(*only)} if measure.yes_no else {}),
    )


def _difference(suite: Suite, measure: Measure, pairs: Sequence[_Pair]) -> Number:
    """The mean of differences, over pairs, with a bootstrap of their clusters."""
    bad, good = measure.unit if measure.better != "low" else measure.unit[::-1]
    width = abs(good - bad)
    of_pairs = Measure(measure.name, (-width, width), measure.better, yes_no=False)
    bounds = {
        "worst": _mean([each.if_missing(good, bad) for each in pairs]),
        "best": _mean([each.if_missing(bad, good) for each in pairs]),
    }
    return mean(suite, of_pairs, [each.change for each in pairs]).model_copy(update=bounds)


def _mean(values: Sequence[float]) -> float | None:
    return fsum(values) / len(values) if values else None
