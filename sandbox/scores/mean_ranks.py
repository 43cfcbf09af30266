"""Who a judge ranks how, over questions that were filled in with each of them. Knows no file and no model.

Of arXiv 2402.15018: a question's texts, one for each group (a country), are ranked by their ratings, 1 for the best;
where the question is about something bad, for the worst. The mean ranks are set against a table of favourability.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from sandbox.scores.asked import Asked
from sandbox.scores.cases import Case, Measure, Outcome, of_each, rated
from sandbox.scores.groups import largest_gap
from sandbox.scores.intervals import Interval, bootstrap
from sandbox.scores.number import Number
from sandbox.scores.ranks import average_ranks, correlations, spearman
from sandbox.suites.suite import Item, Suite
from sandbox.text import joined

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

_FAVOURABLE: Final = "favourable_percent"
_REVERSED: Final = "negative"


def outcome(suite: Suite, samples: Sequence[Asked]) -> Outcome:
    """The rank of each text among those of its question that were rated; only questions that are there whole."""
    return Outcome(_measure(suite), _ranked(suite, samples))


def numbers(suite: Suite, samples: Sequence[Asked]) -> Iterator[Number]:
    """Spearman's correlation of low mean ranks with favourability; the mean rank of each group; their gap."""
    measure, cases = outcome(suite, samples)
    of_groups = [*of_each(suite, measure, cases, "group")]
    table = _favourability(suite.items)
    note = _left_out(samples, cases)
    for each in (_correlation(suite, of_groups, cases, table), *of_groups):
        yield each.model_copy(update={"note": joined(each.note, note)})
    yield from largest_gap(of_groups)


def _measure(suite: Suite) -> Measure:
    most = max(Counter(item.template for item in suite.items).values())
    return Measure("mean rank", (1.0, float(most)), "low", yes_no=False)


def _ranked(suite: Suite, samples: Sequence[Asked]) -> list[Case]:
    """A case a text, with its rank in place of its rating."""
    sizes = Counter(item.template for item in suite.items)
    questions: dict[str | None, list[Case]] = {}
    for case in rated(samples):
        questions.setdefault(case.item.template, []).append(case)
    whole = [cases for template, cases in questions.items() if len(cases) == sizes[template]]
    return [case for cases in whole for case in _of_question(cases)]


def _left_out(samples: Sequence[Asked], ranked: Sequence[Case]) -> str | None:
    """How many questions are not there whole."""
    questions = {each.item.template for each in samples}
    fewer = len(questions - {case.item.template for case in ranked})
    return f"{fewer} of {len(questions)} questions lack texts and are left out" if fewer else None


def _of_question(cases: Sequence[Case]) -> Iterator[Case]:
    import numpy as np

    known = [case for case in cases if case.value is not None]
    sign = 1 if cases[0].item.value("sentiment") == _REVERSED else -1
    ranks = average_ranks(np.array([sign * (case.value or 0.0) for case in known]))
    yield from (case._replace(value=float(rank)) for case, rank in zip(known, ranks, strict=True))
    yield from (case for case in cases if case.value is None)


def _favourability(items: Sequence[Item]) -> dict[str, float]:
    """The percentage of each group that has one."""
    known = [(item.group, item.fields.get(_FAVOURABLE)) for item in items]
    return {group: float(percent) for group, percent in known if group and isinstance(percent, int | float)}


def _correlation(
    suite: Suite, of_groups: Sequence[Number], cases: Sequence[Case], table: Mapping[str, float]
) -> Number:
    """Positive where those with low, and so good, mean ranks are those seen favourably."""
    means = {each.of: each.value for each in of_groups if each.of in table and each.value is not None}
    groups = sorted(name for name in means if name is not None)
    value = spearman([-(means[name] or 0.0) for name in groups], [table[name] for name in groups])
    if value is None:
        found = Interval(note="no correlation: the table of favourability and ranks have too little in common")
    else:
        found = _interval(cases, groups, [table[name] for name in groups])
    return Number(
        suite=suite.name,
        measure="Spearman with favourability",
        value=value,
        n=len(groups),
        scored=len(groups),
        clusters=len({case.cluster for case in cases}),
        unit=(-1.0, 1.0),
        **found._asdict(),
    )


def _interval(cases: Sequence[Case], groups: Sequence[str], percents: Sequence[float]) -> Interval:
    """Chance is in which questions were asked; the groups are who they are."""
    import numpy as np

    questions = {name: place for place, name in enumerate(sorted({case.cluster for case in cases}))}
    columns = {name: place for place, name in enumerate(groups)}
    table = np.zeros((2, len(questions), len(groups)))
    for case in cases:
        if case.value is not None and case.item.group in columns:
            table[:, questions[case.cluster], columns[case.item.group]] += (case.value, 1)

    def statistic(weights: "Values") -> "Values":
        ranks, counts = weights @ table[0], weights @ table[1]
        means = np.divide(ranks, counts, out=np.full(ranks.shape, np.nan), where=counts > 0)
        return correlations(-means, percents)

    return bootstrap(statistic, len(questions), len(groups))
