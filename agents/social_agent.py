"""A social agent: who speaks, and what it remembers (paper section 3.1).

Knows its own memory and its voice; knows neither its neighbours nor the rounds of others, nor what it is asked.
"""

from dataclasses import dataclass

from agents.voice import Speaker
from memory import Memory, Recall


@dataclass(frozen=True, slots=True)
class SocialAgent:
    """Agent `number` of a society; `threshold` is the least similarity of a recall."""

    number: int
    speaker: Speaker
    memory: Memory
    threshold: float

    def recall(self, question: str, round_: int) -> Recall | None:
        """What it remembers of `question` as of the end of the round before `round_`."""
        return self.memory.recall(question, self.threshold, before_round=round_)
