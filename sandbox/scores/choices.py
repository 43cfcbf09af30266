"""Choices among options: accuracy, which positions are picked, and whether shuffles agree. Knows no file."""

from collections.abc import Iterator, Sequence
from typing import Final

from sandbox.runs.evaluation.records import ChoiceAnswer
from sandbox.scores.asked import Asked, left_out, whole_items
from sandbox.scores.cases import Case, Measure, Outcome, baseline, by_group, mean, of_all
from sandbox.scores.guesses import guesses
from sandbox.scores.number import Number
from sandbox.suites.suite import LETTERS, Suite
from sandbox.text import joined

_ANSWERED: Final = Measure("accuracy of answered")
_ALL: Final = Measure("accuracy of all")
_PICKS: Final = Measure("picks", better=None)
_CONSISTENCY: Final = Measure("consistency over shuffles")


def outcome(_: Suite, samples: Sequence[Asked]) -> Outcome:
    """Whether the option that was chosen is the right one."""
    return Outcome(_ANSWERED, [right(each) for each in samples if isinstance(each.answer, ChoiceAnswer)])


def right(one: Asked) -> Case:
    """Whether a question was answered rightly: 1 or 0."""
    answer = one.answer
    assert isinstance(answer, ChoiceAnswer)
    value = None if answer.answer is None else float(answer.answer == answer.gold)
    return Case(one.item, one.sample, value, answer.missing)


def numbers(suite: Suite, samples: Sequence[Asked]) -> Iterator[Number]:
    """Accuracy over those answered and over all that were asked, then what it stands beside.

    Picks are the share of answers that took the option shown at a position; expected is what a guesser's would be.
    """
    measure, cases = outcome(suite, samples)
    yield from by_group(suite, measure, cases)
    yield from by_group(suite, _ALL, cases, of_all)
    yield from guesses(suite)
    yield from _picks(suite, samples)
    if suite.sampling.samples > 1:
        told = mean(suite, _CONSISTENCY, [_consistent(each) for each in whole_items(suite, samples)])
        yield told.model_copy(update={"note": joined(told.note, left_out(suite, samples))})


def _picks(suite: Suite, samples: Sequence[Asked]) -> Iterator[Number]:
    answers = [(each, each.answer) for each in samples if isinstance(each.answer, ChoiceAnswer)]
    for place in range(max((len(answer.options) for _, answer in answers), default=0)):
        cases = [Case(one.item, one.sample, _picked(answer, place), answer.missing) for one, answer in answers]
        yield mean(suite, _PICKS, cases, "position", LETTERS[place])
        chances = [_chance(answer, place) for _, answer in answers if answer.answer is not None]
        yield baseline(suite, "expected picks", chances, "position", LETTERS[place])


def _picked(answer: ChoiceAnswer, place: int) -> float | None:
    return None if answer.answer is None else float(answer.order[place : place + 1] == (answer.answer,))


def _chance(answer: ChoiceAnswer, place: int) -> float:
    count = len(answer.options)
    return 1 / count if place < count else 0.0


def _consistent(item: Sequence[Asked]) -> Case:
    """Whether one option was chosen in every order; only where every shuffle was answered."""
    answers = [each.answer for each in item if isinstance(each.answer, ChoiceAnswer)]
    missing = next((each.missing for each in answers if each.answer is None), None)
    same = float(len({each.answer for each in answers}) == 1)
    return Case(item[0].item, 0, None if missing else same, missing)
