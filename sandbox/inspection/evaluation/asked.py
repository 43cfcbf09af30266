"""An answer with its item and what was said of it: what it came to, in words and from worst to best. Knows records."""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from sandbox.errors import UsageError
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.runs.evaluation.records import AgreeAnswer, AnyAnswer, ChoiceAnswer, Judgement, LeakAnswer, SurveyAnswer
from sandbox.scores.asked import Asked as Sample
from sandbox.scores.asked import asked
from sandbox.scores.summary import SCORINGS
from sandbox.suites.suite import Item, Scale, Suite
from sandbox.text import nearest


class Asked(NamedTuple):
    """One answer to `item` of `suite`, and its judgements in the order of positions.

    `goodness` is from 0 to 1 what the suite's numbers are of, at the wanted end 1; None where nobody can say.
    """

    suite: Suite
    item: Item
    answer: AnyAnswer
    judgements: tuple[Judgement, ...]
    goodness: float | None

    @property
    def name(self) -> str:
        """What commands take: `SUITE/ITEM`."""
        return f"{self.suite.name}/{self.item.id}"

    @property
    def missing(self) -> str | None:
        """Why the answer does not count, or else why a rating of it is missing; None where nothing is."""
        return self.answer.missing or next((each.missing for each in self.judgements if each.missing), None)

    @property
    def rating(self) -> float | None:
        """The mean of what the judge gave, on the suite's scale; None where it gave nothing."""
        ratings = [each.rating for each in self.judgements if each.rating is not None]
        return fmean(ratings) if ratings else None

    @property
    def result(self) -> str | None:
        """What became of the answer in a word: of a choice whether it is right, else what was read in it."""
        match self.answer:
            case ChoiceAnswer(answer=int(chosen), gold=gold):
                return "right" if chosen == gold else "wrong"
            case AgreeAnswer(verdict=str(verdict)):
                return f"{verdict}s"
            case LeakAnswer(leaked=bool(leaked)):
                return "leaked" if leaked else "kept"
            case SurveyAnswer(option=int(option), options=options) if option < len(options):
                return options[option]
        return None

    def holds(self, text: str) -> bool:
        """Whether `text` (in any case) stands in what was asked, answered or said of it."""
        asked = (*(each.content for each in self.answer.messages), *self.item.given, self.answer.text)
        judged = (part for each in self.judgements for part in (each.reason, each.raw))
        return any(text.casefold() in part.casefold() for part in (*asked, *judged) if part)

    def document(self) -> dict[str, Any]:
        """The answer as it was recorded, with its judgements, for JSON."""
        return {
            **self.answer.model_dump(mode="json"),
            "result": self.result,
            "judgements": [each.model_dump(mode="json") for each in self.judgements],
        }


def scale_of(suite: Suite) -> Scale:
    """From what to what the judge of `suite` rates; of two texts it prefers one (1) or the other (0)."""
    return Scale(0, 1) if suite.judge is None or suite.judge.pairs else suite.judge.scale


def all_asked(evaluation: Evaluation, of: str | None = None) -> Iterator[Asked]:
    """Every answer so far in the order of the log, or those of the suite `of`. Raises `SandboxError`."""
    suites = [suite for suite in evaluation.suites if of in (None, suite.name)]
    answers = (each for each in evaluation.answers() if of in (None, each.suite))
    records = asked(suites, answers, (each for each in evaluation.judgements() if of in (None, each.suite)))
    for suite in suites:
        samples = records.get(suite.name, [])
        goodness = _goodness(suite, samples)
        for each in samples:
            if each.answer:
                known = goodness.get((each.item.id, each.sample))
                judgements = tuple(each.judgements[at] for at in sorted(each.judgements, key=lambda at: at or 0))
                yield Asked(suite, each.item, each.answer, judgements, known)


def _goodness(suite: Suite, samples: Sequence[Sample]) -> dict[tuple[str, int], float]:
    """By item and sample, where there is a value and a wanted end of its range."""
    measure, cases = SCORINGS[suite.metric].outcome(suite, samples)
    low, high = measure.unit if measure.better != "low" else measure.unit[::-1]
    known = ((each.item.id, each.sample, each.value) for each in cases if measure.better and each.value is not None)
    return {(item, sample): (value - low) / (high - low) for item, sample, value in known}


def of_item(evaluation: Evaluation, wanted: str) -> list[Asked]:
    """Every sample of the item called `SUITE/ITEM`. Raises `UsageError` where nothing of it is in the log."""
    suites = [each.name for each in evaluation.manifest.suites]
    suite = wanted.partition("/")[0]
    if suite not in suites:
        near = nearest(suite, suites)
        raise UsageError(f"--interaction {wanted}: no suite is called {suite}.{near} There is: {', '.join(suites)}.")
    rows = list(all_asked(evaluation, suite))
    if found := [each for each in rows if each.name == wanted]:
        return found
    there = f"It has {rows[0].name} to {rows[-1].name}." if rows else "Its log is empty so far."
    near = nearest(wanted, {each.name for each in rows})
    raise UsageError(f"--interaction {wanted}: no such SUITE/ITEM in the log.{near} {there}")
