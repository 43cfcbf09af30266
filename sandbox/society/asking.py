"""What each stage of Back-Scatter asks (paper section 3.1): which template, with which variables, in which form.

Societies ask with it, and forecasts, trials of templates and `inspect --prompts` ask the same again. Knows neither
order nor memory: what a call is about is handed in.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple, Protocol

from agents.forms import Form
from agents.model import Request
from agents.protocol import Dimension, SocietyCue, Stage
from agents.voice import Ask, Speaker, Wording
from memory import Recall
from sandbox.runs.records import CallKey
from sandbox.society.draws import sampling_seed


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


class Material(NamedTuple):
    """What a call is about, as far as it is known by then. `recall` is the speaker's; `feedback` in order of agent."""

    question: str
    draft: str = ""
    revision: str = ""
    recall: Recall | None = None
    feedback: Sequence[Judged] = ()


def request(key: CallKey, speaker: Speaker, material: Material, seed: int) -> Request:
    """What `key` asks `speaker` in a society of `seed`."""
    said = wording(key.stage, key.dimension, material)
    cue = SocietyCue(key.stage, speaker.label, key.round, _subject(key.stage, material), key.dimension)
    return speaker.request(said, Ask(key.ask, sampling_seed(seed, key)), cue)


def wording(stage: Stage, dimension: Dimension | None, material: Material) -> Wording:
    """How `stage` puts `material` into words; `dimension` is what a score is on, None for any other stage."""
    question, draft = material.question, material.draft
    match stage:
        case "draft":
            return Wording("draft", {"question": question, "recall": material.recall}, "text")
        case "feedback":
            return Wording("feedback", {"question": question, "draft": draft, "recall": material.recall}, "rating")
        case "revision":
            heard = {"average": average_rating(material.feedback), "feedback": harshest_last(material.feedback)}
            return Wording("revision", {"question": question, "draft": draft, **heard}, "text")
    form: Form = "both" if dimension == "both" else "rating"
    return Wording(f"score_{dimension}", {"question": question, "text": _subject(stage, material)}, form)


def average_rating(feedback: Sequence[Judged]) -> str | None:
    """Mean of the valid ratings to one decimal, None where there is none."""
    ratings = [item.rating for item in feedback if item.rating is not None]
    return f"{fmean(ratings):.1f}" if ratings else None


def harshest_last(feedback: Sequence[Judged]) -> list[Opinion]:
    """Missing ratings first, then highest to lowest: `docs/format.md#feedback-in-the-revision-prompt`."""
    ranked = sorted(feedback, key=lambda item: (item.rating is not None, -(item.rating or 0)))
    return [Opinion(item.rating, item.reason or item.raw or "(no explanation)") for item in ranked]


def _subject(stage: Stage, material: Material) -> str:
    """The text that a call of `stage` is about."""
    return {"draft": material.question, "score_revision": material.revision}.get(stage, material.draft)
