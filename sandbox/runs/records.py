"""The records of a run: frozen models that are the schema of `interactions.jsonl`, `rounds.jsonl` and `calls.jsonl`.

Field order is key order in the files. What was not obtained is None. Knows no file and no process.
"""

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from agents.model import Dimension, ErrorKind, Label, Stage, Usage
from agents.replies import Judgement
from memory import Recall

STAGES: tuple[Stage, ...] = ("draft", "feedback", "revision", "score_draft", "score_revision")


class CallKey(NamedTuple):
    """Which ask this is; unique in a run. `neighbour` only for feedback, `dimension` only for scores."""

    round: int
    agent: int
    stage: Stage
    neighbour: int | None = None
    dimension: Dimension | None = None
    ask: int = 0

    def __str__(self) -> str:
        """For people: `r003-a042 feedback by a031 (ask 1)`."""
        by = f" by {agent_name(self.neighbour)}" if self.neighbour is not None else ""
        of = f" {self.dimension}" if self.dimension else ""
        return f"{interaction_id(self.round, self.agent)} {self.stage}{of}{by} (ask {self.ask})"


def agent_name(agent: int) -> str:
    """`a042`."""
    return f"a{agent:03d}"


def interaction_id(round_: int, agent: int) -> str:
    """`r003-a042`; widths grow past three digits."""
    return f"r{round_:03d}-{agent_name(agent)}"


class Record(BaseModel):
    """A frozen record that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Feedback(Record):
    """One neighbour's rating of a draft, with its author."""

    agent: int
    label: Label | None
    model: str
    rating: int | None
    missing: Literal["unparsable", "out_of_range", "refused", "truncated"] | None
    reason: str | None
    raw: str | None
    recall: Recall | None


class Finish(Record):
    """Why the model stopped, as the endpoint said it."""

    draft: str | None
    revision: str | None


class TextScores(Record):
    """The observer's judgements of one text."""

    alignment: Judgement | None
    engagement: Judgement | None


class Scores(Record):
    """The observer's judgements of draft and revision."""

    draft: TextScores
    revision: TextScores


class Failure(Record):
    """The first call of an interaction that failed for good, in the order of the protocol."""

    stage: Stage
    neighbour: int | None
    error: ErrorKind


class Interaction(Record):
    """One interaction of one central agent. `position` is [row, column]; `feedback` is in order of agent."""

    id: str
    round: int
    agent: int
    position: tuple[int, int]
    label: Label | None
    model: str
    question_id: str
    question: str
    recall: Recall | None
    draft: str | None
    feedback: tuple[Feedback, ...]
    revision: str | None
    finish: Finish
    scores: Scores
    failed: Failure | None


class Mean(Record):
    """A mean over `count` values; None where there is none."""

    mean: float | None
    count: int


class DimensionMeans(Record):
    """A mean for each dimension."""

    alignment: Mean
    engagement: Mean


class RoundScores(Record):
    """Mean scores of the drafts and of the revisions of a round."""

    draft: DimensionMeans
    revision: DimensionMeans


class RoundSummary(Record):
    """One whole round. `gain` is the mean of paired differences revision - draft; `missing` counts missing ratings.

    `recall_rate` is the share of the round's interactions whose draft was helped by a recall.
    """

    round: int
    interactions: int
    failed: int
    scores: RoundScores
    gain: DimensionMeans
    missing: int
    recall_rate: float


class JournalReply(Record):
    """What a model answered, as far as a replay needs it."""

    text: str
    finish: str | None
    refusal: str | None


class JournalError(Record):
    """Why an ask failed for good, without vendor text."""

    kind: ErrorKind
    status: int | None


class JournalLine(Record):
    """One finished ask. `model` is the name the endpoint reported, else the name asked for.

    `latency` is in seconds, from the first dispatch to the end of the last try; `at` is when that was (UTC).
    """

    round: int
    agent: int
    stage: Stage
    neighbour: int | None
    dimension: Dimension | None
    ask: int
    request: str
    reply: JournalReply | None
    error: JournalError | None
    usage: Usage | None
    model: str
    tries: int
    latency: float
    at: str

    @property
    def key(self) -> CallKey:
        """Which ask this line finishes."""
        return CallKey(self.round, self.agent, self.stage, self.neighbour, self.dimension, self.ask)
