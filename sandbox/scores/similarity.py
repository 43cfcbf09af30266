"""How alike a model's answers to a survey are to those of each country. Knows no file and no model.

Of arXiv 2402.15018. No question was put to every country, so that means of two countries are over other questions:
they are compared on those that both answered. What answers at random, and what answers as the country itself does in
as many samples, stands beside.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sandbox.runs.evaluation.records import Missing, SurveyAnswer
from sandbox.scores.asked import Asked
from sandbox.scores.cases import Case, Measure, Outcome, baseline, by_group, mean
from sandbox.scores.divergence import FLOOR, expected_of_own, in_base_2, similarity
from sandbox.scores.intervals import SEED
from sandbox.scores.number import Number
from sandbox.suites.suite import Item, Suite
from sandbox.text import joined

_BY: Final = "country"
_SIMILARITY: Final = Measure("similarity", (FLOOR, 1.0), yes_no=False)
_BESIDE: Final = Measure("probability of no option", better="low", yes_no=False)
_IN_BASE_2: Final = {"measure": "similarity (base 2)", "unit": (0.0, 1.0)}


class _Answered(NamedTuple):
    """How often each option of a question was chosen, or how likely it was; why nothing is known, if so.

    What fell `beside` all options is known of likely ones alone.
    """

    item: Item
    counts: tuple[float, ...]
    missing: Missing | None
    beside: float | None = None

    def like(self, country: str) -> Case:
        """How like the answers are to those of a `country` that has some."""
        value = None if self.missing else similarity(self.counts, self.item.answers[country])
        return Case(self.item, 0, value, self.missing)


def outcome(_: Suite, samples: Sequence[Asked]) -> Outcome:
    """The mean similarity of each question to all countries that answered it."""
    return Outcome(_SIMILARITY, [_over_countries(each) for each in _answered(samples) if each.item.answers])


def numbers(suite: Suite, samples: Sequence[Asked]) -> Iterator[Number]:
    """Over all questions, then for each country: similarity in both bases, what stands beside, gaps."""
    answered = _answered(samples)
    of = {name: [each for each in answered if name in each.item.answers] for name in _countries(suite)}
    note = _unanswered(samples)
    for overall in by_group(suite, *outcome(suite, samples)):
        told = overall if overall.by else overall.model_copy(update={"note": joined(overall.note, note)})
        yield from (told, _based_2(told))
    if suite.sampling.logprobs:
        yield mean(suite, _BESIDE, [Case(each.item, 0, each.beside, each.missing) for each in answered])
    for name, found in of.items():
        number = mean(suite, _SIMILARITY, [each.like(name) for each in found], _BY, name)
        yield from (number, _based_2(number))
        yield from _beside(suite, name, [each for each in found if not each.missing])
    yield from _gaps(suite, of)


def _countries(suite: Suite) -> list[str]:
    """Those that answered any question, by name."""
    return sorted({name for item in suite.items for name in item.answers})


def _answered(samples: Sequence[Asked]) -> list[_Answered]:
    """Each question that was asked, over its samples so far."""
    found: dict[str, tuple[Item, list[SurveyAnswer]]] = {}
    for each in samples:
        if isinstance(each.answer, SurveyAnswer):
            found.setdefault(each.item.id, (each.item, []))[1].append(each.answer)
    return [_counted(item, answers) for item, answers in found.values()]


def _unanswered(samples: Sequence[Asked]) -> str | None:
    """Which answers are in no share: a question counts where any of its samples was answered."""
    answers = [each.answer for each in samples if isinstance(each.answer, SurveyAnswer)]
    missing = Counter(answer.missing for answer in answers if answer.missing)
    if not missing:
        return None
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(missing.items()))
    return f"{missing.total()} of {len(answers)} answers are missing ({reasons}): shares are of the others"


def _counted(item: Item, answers: Sequence[SurveyAnswer]) -> _Answered:
    likely = next((answer for answer in answers if answer.shares), None)
    if likely and likely.shares:
        return _Answered(item, likely.shares, None, likely.beside)
    chosen = [answer.option for answer in answers if answer.option is not None]
    counts = tuple(chosen.count(place) for place in range(len(item.options)))
    return _Answered(item, counts, None if sum(counts) else answers[0].missing or "unparsable")


def _over_countries(question: _Answered) -> Case:
    cases = [question.like(name) for name in question.item.answers]
    known = [case.value for case in cases if case.value is not None]
    return cases[0]._replace(value=sum(known) / len(known) if known else None)


def _based_2(number: Number) -> Number:
    """The same in base 2."""
    ends = ("value", "low", "high", "worst", "best")
    values = {name: getattr(number, name) for name in ends}
    return number.model_copy(
        update=_IN_BASE_2 | {name: None if value is None else in_base_2(value) for name, value in values.items()}
    )


def _beside(suite: Suite, country: str, answered: Sequence[_Answered]) -> Iterator[Number]:
    """What a uniform answerer and the country itself, in as many samples, come to on the same questions.

    Where shares are no samples nothing is lost of the country's own.
    """
    shares = [(each, each.item.answers[country]) for each in answered]
    uniform = [similarity([1.0] * len(known), known) for _, known in shares]
    values = {"uniform answerer": uniform}
    if not suite.sampling.logprobs:
        values["own shares, sampled as often"] = _own(shares)
    for name, found in values.items():
        yield baseline(suite, name, found, _BY, country)
        yield baseline(suite, f"{name} (base 2)", [in_base_2(each) for each in found], _BY, country)


def _own(shares: Sequence[tuple[_Answered, Sequence[float]]]) -> list[float]:
    import numpy as np

    generator = np.random.default_rng(SEED)
    return [expected_of_own(known, round(sum(each.counts)), generator) for each, known in shares]


def _gaps(suite: Suite, of: dict[str, list[_Answered]]) -> Iterator[Number]:
    """How much more like the country with the most questions than like each other one, on those that both answered."""
    if not of:
        return
    first = max(of, key=lambda name: sum(name in item.answers for item in suite.items))
    measure = Measure(f"gap to {first}", (FLOOR - 1, 1 - FLOOR), None, yes_no=False)
    for name, found in of.items():
        both = [each for each in found if first in each.item.answers]
        if name != first and both:
            yield mean(suite, measure, [_gap(each, first, name) for each in both], _BY, name)


def _gap(question: _Answered, one: str, other: str) -> Case:
    first, second = question.like(one), question.like(other)
    if first.value is None or second.value is None:
        return first
    return first._replace(value=first.value - second.value)
