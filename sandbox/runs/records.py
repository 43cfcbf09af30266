"""The records of a run: frozen models that are the schema of `interactions.jsonl` and `calls.jsonl`.

Field order is key order in the files. What was not obtained is None. Knows no file and no process.
"""

from typing import NamedTuple

from agents.model import ErrorKind
from agents.protocol import DIMENSIONS, TEXTS, Dimension, Label, Rated, ScoredText, Stage
from agents.replies import Judgement, Missing, Rating
from memory import Recall
from sandbox.runs.asks import Count, FinishedAsk, Rare, Record


class CallKey(NamedTuple):
    """Which ask this is; unique in a run. `neighbour` only for feedback, `dimension` only for scores."""

    round: int
    agent: int
    stage: Stage
    neighbour: int | None = None
    dimension: Dimension | None = None
    ask: int = 0

    @property
    def speaker(self) -> int:
        """The agent that is asked, where it is not the observer."""
        return self.agent if self.neighbour is None else self.neighbour

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


class Feedback(Record):
    """One neighbour's rating of a draft, with its author."""

    agent: Count
    label: Label | None
    model: str
    rating: Rating | None
    missing: Missing | None
    reason: str | None
    raw: str | None
    recall: Recall | None
    group: Rare[str] = None


class RevisionFeedback(Record):
    """One neighbour's rating of the revision, with its author; the neighbours are those who gave feedback."""

    agent: Count
    rating: Rating | None
    missing: Missing | None
    reason: str | None
    raw: str | None
    group: Rare[str] = None


class Chosen(Record):
    """The place of the option that each text chose; None where none could be read, or there is no text."""

    draft: Count | None
    revision: Count | None


class Finish(Record):
    """Why the model stopped: `stop`, `length`, `content_filter`, or None where the endpoint did not say.

    That of a `reflection` is left out where there is none.
    """

    draft: str | None
    revision: str | None
    reflection: Rare[str] = None


class TextScores(Record):
    """The observer's judgements of one text."""

    alignment: Judgement | None
    engagement: Judgement | None


class Scores(Record):
    """The observer's judgements of draft and revision."""

    draft: TextScores
    revision: TextScores

    def of(self, text: ScoredText, dimension: Rated) -> Judgement | None:
        """What the observer said of `text` in one dimension."""
        scores = self.draft if text == "draft" else self.revision
        return scores.alignment if dimension == "alignment" else scores.engagement


class Failure(Record):
    """The first call of an interaction that failed for good, in the order of the protocol."""

    stage: Stage
    neighbour: Count | None
    error: ErrorKind


class Interaction(Record):
    """One interaction of one central agent. `position` is [row, column]; `feedback` is in order of agent.

    What follows `failed` stands in a line only where there is something: the `group` of the agent; `options` of the
    question, its key `gold` among them or as a text, what was `choice` of each text; the wrong option that a
    `persuader` was given; the `reflection` that a step of an extension asked for; and neighbours' ratings of the
    revision.
    """

    id: str
    round: Count
    agent: Count
    position: tuple[Count, Count]
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
    group: Rare[str] = None
    options: Rare[tuple[str, ...]] = None
    gold: Rare[Count] = None
    gold_text: Rare[str] = None
    choice: Rare[Chosen] = None
    persuader: Rare[Count] = None
    reflection: Rare[str] = None
    revision_feedback: Rare[tuple[RevisionFeedback, ...]] = None

    def rating(self, text: ScoredText, dimension: Rated) -> int | None:
        """The observer's rating of `text`, None where there is none."""
        judgement = self.scores.of(text, dimension)
        return judgement.rating if judgement else None

    @property
    def places(self) -> list[int]:
        """Every place of an option that it names."""
        chosen = (self.choice.draft, self.choice.revision) if self.choice else ()
        return [place for place in (self.gold, self.persuader, *chosen) if place is not None]

    def judgements(self) -> list[Judgement | Feedback | RevisionFeedback]:
        """Every judgement that was obtained: feedback of draft and revision, then scores."""
        heard: tuple[Feedback | RevisionFeedback, ...] = (*self.feedback, *(self.revision_feedback or ()))
        given = [item for item in heard if item.rating is not None or item.missing is not None]
        scores = (self.scores.of(text, dimension) for text in TEXTS for dimension in DIMENSIONS)
        return [*given, *(item for item in scores if item is not None)]

    @property
    def missing_ratings(self) -> int:
        """How many ratings were asked for and could not be read."""
        return sum(item.missing is not None for item in self.judgements())


class SocietyPlace(Record):
    """Which ask of a society a journal line finishes; the fields of a `CallKey`."""

    round: Count
    agent: Count
    stage: Stage
    neighbour: Count | None
    dimension: Dimension | None
    ask: Count


class JournalLine(FinishedAsk, SocietyPlace):
    """One finished ask of a society."""

    @property
    def key(self) -> CallKey:
        """Which ask this line finishes."""
        return CallKey(self.round, self.agent, self.stage, self.neighbour, self.dimension, self.ask)
