"""The memoryless observer: rates a text on alignment and engagement (paper section 3.1), unseen by the society."""

from dataclasses import dataclass

from agents.forms import Form
from agents.model import Cue, Dimension, Request, Stage
from agents.voice import Ask, Voice


@dataclass(frozen=True, slots=True)
class Observer:
    """Speaks through `model`; `dimensions` are what one text is asked about, one call each."""

    model: str
    voice: Voice
    dimensions: tuple[Dimension, ...]

    def score(self, stage: Stage, dimension: Dimension, question: str, text: str, ask: Ask) -> Request:
        """Ask how `text` answers `question` in one dimension, or in both at once."""
        form: Form = "both" if dimension == "both" else "rating"
        cue = Cue(stage, None, 0, text, dimension)
        return self.voice.request(self.model, f"score_{dimension}", form, cue, ask, question=question, text=text)
