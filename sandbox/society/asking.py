"""What each stage of Back-Scatter asks (paper section 3.1): which template, with which variables, in which form.

Societies ask with it, and forecasts, trials of templates and `inspect --prompts` ask the same again. Knows neither
order nor memory: what a call is about is handed in.
"""

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Final, NamedTuple

from agents.forms import Form
from agents.model import Request
from agents.opinions import Judged, average_rating, harshest_last
from agents.protocol import Dimension, SocietyCue, Stage
from agents.voice import Ask, Line, Speaker, Wording
from memory import Recall
from prompts import TemplateError
from sandbox.errors import SandboxError
from sandbox.options.extras import FULL, View
from sandbox.questions.sets import Question
from sandbox.questions.shown import shown
from sandbox.runs.records import CallKey
from sandbox.society.draws import sampling_seed

# What an agent is asked with what it remembers of the question, and with what others said of its draft.
RECALLING: Final = frozenset({"draft", "feedback", "revision_feedback"})
HEARING: Final = frozenset({"reflection", "revision"})


class Material(NamedTuple):
    """What a call is about, as far as it is known by then. `recall` is the speaker's; `feedback` in order of agent.

    Neighbours have the `view` of the question's material; a persuader is told the wrong option `persuader`. The
    `reflection` is what the step of an extension gave, None without one.
    """

    question: Question
    draft: str = ""
    revision: str = ""
    recall: Recall | None = None
    feedback: Sequence[Judged] = ()
    view: View = FULL
    persuader: int | None = None
    reflection: str | None = None


def request(key: CallKey, speaker: Speaker, material: Material, seed: int) -> Request:
    """What `key` asks `speaker` in a society of `seed`. Raises `SandboxError` for what is too long to be asked."""
    said = wording(key.stage, key.dimension, material)
    asked = material.question
    options = (len(asked.options), asked.gold, material.persuader)
    cue = SocietyCue(key.stage, speaker.label, key.round, _subject(key.stage, material), key.dimension, *options)
    try:
        return speaker.request(said, Ask(key.ask, sampling_seed(seed, key)), cue)
    except TemplateError as error:
        raise SandboxError(f"{key} cannot be asked: {error}, with what was said before.") from error


def wording(stage: Stage, dimension: Dimension | None, material: Material) -> Wording:
    """How `stage` puts `material` into words; `dimension` is what a score is on, None for any other stage."""
    question, draft = shown(material.question), material.draft
    match stage:
        case "draft":
            return Wording("draft", {"question": question, "recall": material.recall}, "text", _beside(material))
        case "feedback" | "revision_feedback":
            # What neighbours rate is put to them in the same words, so that both ratings can be set beside each other.
            seen = {"question": shown(material.question, material.view), "draft": _subject(stage, material)}
            return Wording("feedback", {**seen, "recall": material.recall}, "rating")
        case "reflection":
            return Wording("reflection", {"question": question, "draft": draft, **_heard(material)}, "text")
        case "revision":
            variables = {"question": question, "draft": draft, **_heard(material)}
            return Wording("revision", variables, "text", _beside(material), _ahead(material))
    form: Form = "both" if dimension == "both" else "rating"
    return Wording(f"score_{dimension}", {"question": question, "text": _subject(stage, material)}, form)


def _heard(material: Material) -> dict[str, object]:
    return {"average": average_rating(material.feedback), "feedback": harshest_last(material.feedback)}


def _ahead(material: Material) -> list[Line]:
    """What the agent said in a step before."""
    said = material.reflection
    return [] if said is None else [Line("reflected", {"reflection": said})]


def _beside(material: Material) -> list[Line]:
    """What is told beside a question with options: that one is to be chosen, and to a persuader which is right."""
    options = ascii_uppercase[: len(material.question.options)]
    if not options:
        return []
    lines = [Line("options", {"letters": f"{', '.join(options[:-1])} or {options[-1]}"})]
    if material.persuader is not None:
        lines.append(Line("persuader", {"letter": options[material.persuader]}))
    return lines


def _subject(stage: Stage, material: Material) -> str:
    """The text that a call of `stage` is about."""
    if stage == "draft":
        return material.question.text
    return material.revision if stage in ("score_revision", "revision_feedback") else material.draft
