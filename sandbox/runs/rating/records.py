"""The records of a rating: the schema of its `scores.jsonl` and `calls.jsonl`.

Field order is key order in the files. What was not obtained is None. Knows no file and no model.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, Self

from pydantic import model_validator

from agents.model import ErrorKind
from agents.protocol import SCORED, ScoredText
from agents.replies import Missing
from sandbox.runs.asks import Count, FinishedAsk, Record
from sandbox.runs.records import interaction_id

ScoreStage = Literal["score_draft", "score_revision"]


class RatingKey(NamedTuple):
    """Which ask of a rating this is; unique in it. `dimension` is `both` for two ratings in one call.

    `ask` 0 is the first, 1 the re-ask.
    """

    round: int
    agent: int
    stage: ScoreStage
    dimension: str
    ask: int = 0

    @property
    def text(self) -> ScoredText:
        """Which text is rated."""
        return SCORED[self.stage]

    def __str__(self) -> str:
        """For people: `r003-a042 score_draft alignment (ask 1)`."""
        return f"{interaction_id(self.round, self.agent)} {self.stage} {self.dimension} (ask {self.ask})"


class RatingPlace(Record):
    """The fields of a `RatingKey`."""

    round: Count
    agent: Count
    stage: ScoreStage
    dimension: str
    ask: Count


class RatingLine(FinishedAsk, RatingPlace):
    """One finished ask of a rating."""

    @property
    def key(self) -> RatingKey:
        """Which ask this line finishes."""
        return RatingKey(self.round, self.agent, self.stage, self.dimension, self.ask)


class Score(Record):
    """A rating on the scale of its dimension, or why it is missing: exactly one of the two is None."""

    rating: int | None
    missing: Missing | None
    reason: str | None
    raw: str | None

    @model_validator(mode="after")
    def _is_rated_or_missing(self) -> Self:
        if (self.rating is None) == (self.missing is None):
            raise ValueError("there is a rating, or why it is missing, and never both")
        return self


class RatedTexts(Record):
    """By dimension what was said of each text; None where it was not asked, or where asking failed."""

    draft: dict[str, Score | None]
    revision: dict[str, Score | None]

    def of(self, text: ScoredText) -> Mapping[str, Score | None]:
        """What was said of `text`."""
        return self.draft if text == "draft" else self.revision


class RatingFailure(Record):
    """The first call about an interaction that failed for good: drafts first, then in the order of dimensions."""

    stage: ScoreStage
    dimension: str
    error: ErrorKind


class RatedInteraction(Record):
    """An interaction of which a text was rated; `id`, `round` and `agent` are those of the run's log."""

    id: str
    round: Count
    agent: Count
    scores: RatedTexts
    failed: RatingFailure | None

    def is_on(self, scales: Mapping[str, tuple[int, int]]) -> bool:
        """Whether each text has scores on these dimensions and no other, and all ratings are within their scales."""
        return all(_fits(text, scales) for text in (self.scores.draft, self.scores.revision))

    def scored(self) -> list[Score]:
        """Every score that was obtained."""
        return [score for text in (self.scores.draft, self.scores.revision) for score in text.values() if score]


def _fits(text: Mapping[str, Score | None], scales: Mapping[str, tuple[int, int]]) -> bool:
    if text.keys() != scales.keys():
        return False
    rated = ((score.rating, scales[name]) for name, score in text.items() if score and score.rating is not None)
    return all(low <= rating <= high for rating, (low, high) in rated)
