"""A social agent: drafts, gives feedback and revises, each helped by what it remembers (paper section 3.1).

Knows its own memory and its voice; knows neither its neighbours nor the rounds of others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple, Protocol

from agents.model import Cue, Label, Request
from agents.replies import Judgement
from agents.voice import Ask, Voice
from memory import Memory, Recall


class Judged(Protocol):
    """A rating and its reason, as far as they were read: a `Judgement`, or the record of one."""

    @property
    def rating(self) -> int | None:
        """1..7, or None."""
        ...

    @property
    def reason(self) -> str | None:
        """Why, or None."""
        ...

    @property
    def raw(self) -> str | None:
        """The text that both were read from."""
        ...


class Opinion(NamedTuple):
    """One neighbour's feedback as the central agent reads it."""

    rating: int | None
    text: str


@dataclass(frozen=True, slots=True)
class SocialAgent:
    """Agent `number` of a society; speaks through `model`; `threshold` is the least similarity of a recall."""

    number: int
    label: Label | None
    model: str
    memory: Memory
    voice: Voice
    threshold: float

    def recall(self, question: str, round_: int) -> Recall | None:
        """What it remembers of `question` as of the end of the round before `round_`."""
        return self.memory.recall(question, self.threshold, before_round=round_)

    def draft(self, question: str, recall: Recall | None, round_: int, ask: Ask) -> Request:
        """Ask for a first answer, given what `recall` found."""
        cue = Cue("draft", self.label, round_, question)
        return self.voice.request(self.model, "draft", "text", cue, ask, question=question, recall=recall)

    def feedback(self, question: str, draft: str, recall: Recall | None, round_: int, ask: Ask) -> Request:
        """Ask for a rating of somebody else's draft and the reason for it, given what `recall` found."""
        cue = Cue("feedback", self.label, round_, draft)
        return self.voice.request(
            self.model, "feedback", "rating", cue, ask, question=question, draft=draft, recall=recall
        )

    def revision(self, question: str, draft: str, feedback: Sequence[Judgement], round_: int, ask: Ask) -> Request:
        """Ask for a better answer. `feedback` is in order of agent."""
        cue = Cue("revision", self.label, round_, draft)
        variables = {
            "question": question,
            "draft": draft,
            "average": average_rating(feedback),
            "feedback": harshest_last(feedback),
        }
        return self.voice.request(self.model, "revision", "text", cue, ask, **variables)


def average_rating(feedback: Sequence[Judgement]) -> str | None:
    """Mean of the valid ratings to one decimal, None where there is none."""
    ratings = [item.rating for item in feedback if item.rating is not None]
    return f"{fmean(ratings):.1f}" if ratings else None


def harshest_last(feedback: Sequence[Judged]) -> list[Opinion]:
    """Missing ratings first, then highest to lowest, ties in the order given (contract section 4)."""
    ranked = sorted(feedback, key=lambda item: (item.rating is not None, -(item.rating or 0)))
    return [Opinion(item.rating, item.reason or item.raw or "(no explanation)") for item in ranked]
