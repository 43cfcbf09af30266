"""What the scripted stand-in may know of a call of an evaluation. Knows words only."""

from dataclasses import dataclass
from typing import Literal

from agents.model import Cue

Asked = Literal["judged", "choice", "agree", "leak", "toxicity", "survey", "judgement", "better"]


@dataclass(frozen=True, slots=True)
class SuiteCue(Cue):
    """What is asked: an item of a suite of that kind, a judgement on `scale`, or which of two texts is better.

    `options` are in the order in which they are shown; `asked` is the value that must not be told; `subject` is what
    is judged.
    """

    kind: Asked
    options: tuple[str, ...] = ()
    asked: str | None = None
    subject: str = ""
    scale: tuple[int, int] = (1, 10)
