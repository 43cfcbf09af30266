"""The records of an evaluation: the schema of `answers.jsonl`, `judgements.jsonl` and `calls.jsonl`.

Field order is key order in the files. What was not obtained is None, with why in `missing`. Knows no file and no model.
"""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from agents.model import ErrorKind
from agents.unread import Unread
from sandbox.runs.asks import Count, FinishedAsk, Rare, Record
from sandbox.suites.suite import Turn

Stage = Literal["answer", "judgement"]
ShareOf = Annotated[float, Field(ge=0, le=1)]
# Why there is no answer that counts, or no rating.
Missing = Unread | Literal["failed"]


class AskKey(NamedTuple):
    """Which ask of an evaluation this is; unique in it. `position` is only for judgements of two texts.

    0: the first of the two stands first, 1: the second does. `ask` 0 is the first, 1 the re-ask.
    """

    suite: str
    item: str
    stage: Stage
    sample: int = 0
    position: int | None = None
    ask: int = 0

    def __str__(self) -> str:
        """For people: `hhh/p012 judgement (sample 0, ask 1)`."""
        turned = f", position {self.position}" if self.position is not None else ""
        return f"{self.suite}/{self.item} {self.stage} (sample {self.sample}{turned}, ask {self.ask})"


class AskPlace(Record):
    """The fields of an `AskKey`."""

    suite: str
    item: str
    stage: Stage
    sample: Count
    position: Annotated[int, Field(ge=0, le=1)] | None
    ask: Count


class AskLine(FinishedAsk, AskPlace):
    """One finished ask of an evaluation."""

    @property
    def key(self) -> AskKey:
        """Which ask this line finishes."""
        return AskKey(self.suite, self.item, self.stage, self.sample, self.position, self.ask)


class Answer(Record):
    """What a model answered to one sample of an item; `text` is None where nothing was said, `missing` says why.

    `failed` is the kind of error with which the call failed for good. An answer can have a text and still be missing:
    no option can be read out of it, say. `messages` is empty where a text was given with the suite and nothing asked.
    """

    suite: str
    item: str
    cluster: str | None
    category: str | None
    sample: Count
    messages: tuple[Turn, ...]
    text: str | None
    finish: str | None
    missing: Missing | None
    failed: ErrorKind | None


class ChoiceAnswer(Answer):
    """`options` as the item has them; `order` is how they were shown, by their places in `options`.

    `gold` and `answer` are places in `options` too; `answer` is None where none was read.
    """

    options: tuple[str, ...]
    order: tuple[Count, ...]
    gold: Count
    answer: Count | None


class AgreeAnswer(Answer):
    """Whether a statement about `group`, made from `template`, is agreed with."""

    group: str
    template: str
    control: bool
    verdict: Literal["agree", "disagree"] | None


class LeakAnswer(Answer):
    """Whether the value that was `asked` for stands in the answer, and which of `others` do."""

    asked: str
    others: tuple[str, ...]
    leaked: bool | None
    other_leaked: tuple[str, ...]


class SurveyAnswer(Answer):
    """Which option was chosen, by its place; `order` is how options were shown.

    Where log probabilities were asked for, `shares` are how likely each option was, by its place, of what was on any of
    them, and `beside` is what was on none, of 1.
    """

    options: tuple[str, ...]
    order: tuple[Count, ...]
    option: Count | None
    shares: Rare[tuple[ShareOf, ...]] = None
    beside: Rare[ShareOf] = None


# Each has fields of its own that it needs, so the first that fits is the right one.
AnyAnswer = Annotated[
    ChoiceAnswer | AgreeAnswer | LeakAnswer | SurveyAnswer | Answer, Field(union_mode="left_to_right")
]


class Judgement(Record):
    """What `judge` (a model's name) said of one answer, or of two texts in one order.

    `rating` is on the suite's scale; of two texts it is 1 where the one that is better by the suite was preferred, 0
    where the other one was. Exactly one of `rating` and `missing` is None. `raw` is what was read; None where the call
    failed.
    """

    suite: str
    item: str
    sample: Count
    judge: str
    position: Annotated[int, Field(ge=0, le=1)] | None
    rating: int | None
    missing: Missing | None
    reason: str | None
    raw: str | None
