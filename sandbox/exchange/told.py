"""What an evaluation says to the readers of other harnesses: its samples, each with its value, and its numbers.

Knows no format. Where an evaluation lies, where it asked, and its keys are told to nobody.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from sandbox.runs.evaluation.reading import Evaluation
from sandbox.runs.evaluation.records import AnyAnswer, ChoiceAnswer, Judgement, Missing, SurveyAnswer
from sandbox.scores.asked import Asked, asked
from sandbox.scores.cases import Case, rated
from sandbox.scores.number import Number
from sandbox.scores.summary import SCORINGS, summary
from sandbox.suites.suite import LETTERS, Item, Suite, Turn

# Under this name stands what their formats have no place for, so that it can be read back as it was.
OWN: Final = "sandbox"


class Told(NamedTuple):
    """One answer: its `value` by the measure of its suite, or why that is `missing`; neither where none is due yet."""

    item: Item
    sample: int
    answer: AnyAnswer
    value: float | None
    missing: Missing | None
    judgements: tuple[Judgement, ...]

    @property
    def messages(self) -> tuple[Turn, ...]:
        """What was sent; where texts were given and nothing was, the question that they answer."""
        question = (Turn(role="user", content=self.item.question),) if self.item.question else ()
        return self.answer.messages or self.item.messages or question

    @property
    def texts(self) -> tuple[str | None, ...]:
        """What was said; of two texts that were compared both, the better one first."""
        return self.item.given if len(self.item.given) > 1 else (self.answer.text,)

    @property
    def choices(self) -> list[str]:
        """The options in the order in which they were shown."""
        return [self.item.options[place] for place in self._order] or list(self.item.options)

    @property
    def target(self) -> str:
        """What is right: the letter of the option, as it was shown; else a reference; empty where there is neither."""
        if isinstance(self.answer, ChoiceAnswer):
            return LETTERS[self._order.index(self.answer.gold)]
        return self.item.reference or ""

    @property
    def chosen(self) -> str | None:
        """What was read out of the text, in a word; None where it is the text itself, or nothing was read."""
        place = getattr(self.answer, "answer", getattr(self.answer, "option", None))
        if place is not None:
            return LETTERS[self._order.index(place)]
        return getattr(self.answer, "verdict", None)

    @property
    def own(self) -> dict[str, Any]:
        """What stands under `OWN`."""
        return {
            "item": self.item.id,
            "sample": self.sample,
            "category": self.answer.category,
            "cluster": self.answer.cluster,
            "finish": self.answer.finish,
            "missing": self.answer.missing,
        }

    @property
    def _order(self) -> tuple[int, ...]:
        return self.answer.order if isinstance(self.answer, ChoiceAnswer | SurveyAnswer) else ()


class Task(NamedTuple):
    """One suite; `measure` is what `value` of its samples is."""

    suite: Suite
    measure: str
    samples: list[Told]
    numbers: list[Number]

    @property
    def over_all(self) -> list[Number]:
        """What the model came to over the whole suite: no part of it, and nothing that no model answered."""
        return [each for each in self.numbers if each.by is None and not each.baseline]


def tasks(evaluation: Evaluation) -> Iterator[Task]:
    """What was asked so far, suite by suite. Raises `SandboxError` for a log that cannot be read."""
    suites, answers, judgements = evaluation.suites, list(evaluation.answers()), list(evaluation.judgements())
    numbers = summary(suites, answers, judgements)
    records = asked(suites, answers, judgements)
    for suite in suites:
        measure, samples = _told(suite, records.get(suite.name, []))
        yield Task(suite, measure, samples, [each for each in numbers if each.suite == suite.name])


def _told(suite: Suite, samples: list[Asked]) -> tuple[str, list[Told]]:
    measure, cases = _of_each(suite, samples)
    found = {(case.item.id, case.sample): case for case in cases}
    return measure, [
        Told(
            each.item,
            each.sample,
            each.answer,
            case.value if (case := found.get((each.item.id, each.sample))) else None,
            case.missing if case else each.answer.missing,
            tuple(judgement for _, judgement in sorted(each.judgements.items(), key=lambda pair: pair[0] or 0)),
        )
        for each in samples
        if each.answer
    ]


def _of_each(suite: Suite, samples: list[Asked]) -> tuple[str, Sequence[Case]]:
    """What the value of a sample is, and the values: its rating where one text is rated, and nothing in a survey.

    What evaluations are compared by can be of all samples of an item: the most toxic one, the shares of options.
    """
    if suite.judge and not suite.judge.pairs:
        return "rating", rated(samples)
    measure, cases = SCORINGS[suite.metric].outcome(suite, samples)
    return measure.name, () if suite.kind == "survey" else cases
