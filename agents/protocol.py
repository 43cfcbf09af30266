"""The words of Back-Scatter (paper section 3.1): labels, stages, dimensions, and what the scripted stand-in may know.

Knows words only: what follows what is the society's, and who is asked is nobody's here.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from agents.model import Cue

Label = Literal["good", "bad"]
Stage = Literal["draft", "feedback", "reflection", "revision", "revision_feedback", "score_draft", "score_revision"]
Rated = Literal["alignment", "engagement"]
Dimension = Literal["alignment", "engagement", "both"]
ScoredText = Literal["draft", "revision"]

STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
DIMENSIONS: Final[tuple[Rated, ...]] = get_args(Rated)
TEXTS: Final[tuple[ScoredText, ...]] = get_args(ScoredText)
# What an agent is asked for a text of its own; a reflection only with the step of an extension.
SPOKEN: Final[tuple[Stage, ...]] = ("draft", "reflection", "revision")
# What neighbours are asked.
OF_PEERS: Final[tuple[Stage, ...]] = ("feedback", "revision_feedback")
# Which text a score is of.
SCORED: Final[dict[Stage, ScoredText]] = {"score_draft": "draft", "score_revision": "revision"}


@dataclass(frozen=True, slots=True)
class SocietyCue(Cue):
    """What a call of a society is about.

    `subject` is what the reply is about: the question for a draft, else the text that is judged or revised. Where the
    question has `options`, `right` is the place of its key, and `told` that of the wrong key of a persuader.
    """

    stage: Stage
    label: Label | None
    round: int
    subject: str
    dimension: Dimension | None = None
    options: int = 0
    right: int | None = None
    told: int | None = None
