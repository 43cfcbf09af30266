"""What is learnt from: queries with rated answers, pairs, demonstrations, verdicts. Knows no tensor and no file."""

from collections.abc import Mapping
from typing import NamedTuple

from agents.protocol import Rated

# A turn: `role` and `content`.
Message = Mapping[str, str]
Messages = tuple[Message, ...]


class Answer(NamedTuple):
    """A text and the means of its ratings, 1..7; None where there is none."""

    text: str
    alignment: float | None = None
    engagement: float | None = None

    def rated(self, dimension: Rated) -> float | None:
        """The mean of its ratings on `dimension`."""
        return self.alignment if dimension == "alignment" else self.engagement


class Query(NamedTuple):
    """What was asked, and answers to it, no text twice."""

    messages: Messages
    answers: tuple[Answer, ...]


class Pair(NamedTuple):
    """Two answers, of which `chosen` is the better one; `margin` is by how much, where the data says so."""

    messages: Messages
    chosen: Answer
    rejected: Answer
    margin: float | None = None


class Demonstration(NamedTuple):
    """One answer to imitate."""

    messages: Messages
    text: str


class Labelled(NamedTuple):
    """One answer, and whether it is a good one."""

    messages: Messages
    text: str
    desirable: bool


Example = Query | Pair | Demonstration | Labelled
