"""What each stage of Back-Scatter asks (paper section 3.1): which template, with which variables, in which form.

Societies ask with it, and forecasts, trials of templates and `inspect --prompts` ask the same again. Knows neither
order nor memory: what a call is about is handed in.
"""

from collections.abc import Sequence
from typing import NamedTuple

from agents.forms import Form
from agents.model import Request
from agents.opinions import Judged, average_rating, harshest_last
from agents.protocol import Dimension, SocietyCue, Stage
from agents.voice import Ask, Speaker, Wording
from memory import Recall
from sandbox.runs.records import CallKey
from sandbox.society.draws import sampling_seed


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


def _subject(stage: Stage, material: Material) -> str:
    """The text that a call of `stage` is about."""
    if stage == "draft":
        return material.question
    return material.revision if stage == "score_revision" else material.draft
