"""Back-Scatter, one interaction (paper section 3.1): draft, feedback, revision, and the observer's four scores.

An `Exchange` is a state machine: it is told what was answered and says which calls follow. It knows the protocol and
the rules for unusable replies and for failures (`docs/format.md#re-asks`, `docs/format.md#failure`); it knows neither
memory, nor order, nor time.
"""

from dataclasses import dataclass, field
from typing import Final

from agents.choices import read_choice
from agents.model import ErrorKind, Reply
from agents.protocol import DIMENSIONS, SPOKEN, STAGES, Dimension, Rated, Stage
from agents.replies import Judgement, parse_judgement, parse_text
from memory import Recall
from sandbox.questions.sets import Question
from sandbox.runs.records import CallKey, Failure

LAST_ASK: Final = 1
# Without any of these an agent remembers nothing of an interaction.
_NEEDED: Final = frozenset((*SPOKEN, "feedback"))


@dataclass(slots=True)
class Exchange:
    """One interaction under way. `neighbours` are in order of agent; `dimensions` are what the observer is asked.

    With `reflects` a step of the agent's own stands between feedback and revision. With `peers_rate` the same
    neighbours rate the revision. `persuader` is the wrong option that the agent was given.
    """

    round: int
    agent: int
    question: Question
    neighbours: tuple[int, ...]
    dimensions: tuple[Dimension, ...]
    peers_rate: bool = False
    reflects: bool = False
    persuader: int | None = None
    draft: str | None = None
    reflection: str | None = None
    revision: str | None = None
    finish: dict[Stage, str | None] = field(default_factory=dict)
    choices: dict[Stage, int | None] = field(default_factory=dict)
    recalls: dict[int, Recall | None] = field(default_factory=dict)
    feedback: dict[int, Judgement] = field(default_factory=dict)
    revision_feedback: dict[int, Judgement] = field(default_factory=dict)
    scores: dict[tuple[Stage, Rated], Judgement] = field(default_factory=dict)
    failures: dict[CallKey, ErrorKind] = field(default_factory=dict)

    def first(self) -> CallKey:
        """The call that opens the interaction."""
        return CallKey(self.round, self.agent, "draft")

    def receive(self, key: CallKey, answer: Reply | ErrorKind) -> list[CallKey]:
        """Take in the answer to `key`, or why it failed for good; return the calls that can follow now."""
        if isinstance(answer, str):
            self.failures[key] = answer
            return []
        if key.stage in SPOKEN:
            return self._receive_text(key, answer)
        return self._receive_judgement(key, answer)

    @property
    def settled(self) -> bool:
        """Whether it is known what the agent remembers of this interaction: its revision, or nothing."""
        lost = any(key.stage in _NEEDED for key in self.failures)
        return self.revision is not None or lost

    @property
    def failed(self) -> Failure | None:
        """The first failure in the order draft, feedback by agent, revision, scores."""
        if not self.failures:
            return None
        first = min(self.failures, key=_protocol_order)
        return Failure(stage=first.stage, neighbour=first.neighbour, error=self.failures[first])

    def _receive_text(self, key: CallKey, reply: Reply) -> list[CallKey]:
        text, finish, cut_thinking = parse_text(reply)
        if text is None:
            return self._unusable_text(key, reply, cut_thinking)
        self.finish[key.stage] = finish
        if key.stage == "reflection":
            self.reflection = text
            return [key._replace(stage="revision", ask=0)]
        if self.question.options:
            self.choices[key.stage] = read_choice(reply, self.question.options).place
        if key.stage == "draft":
            self.draft = text
            return self._feedback(key, "feedback") + self._scores(key, "score_draft")
        self.revision = text
        rated = self._feedback(key, "revision_feedback") if self.peers_rate else []
        return rated + self._scores(key, "score_revision")

    def _unusable_text(self, key: CallKey, reply: Reply, cut_thinking: bool) -> list[CallKey]:
        if reply.finish == "content_filter":
            self.failures[key] = "filtered"
        elif key.ask < LAST_ASK:
            return [key._replace(ask=key.ask + 1)]
        else:
            self.failures[key] = "truncated" if cut_thinking else "empty"
        return []

    def _feedback(self, key: CallKey, stage: Stage) -> list[CallKey]:
        return [key._replace(stage=stage, neighbour=other, ask=0) for other in self.neighbours]

    def _scores(self, key: CallKey, stage: Stage) -> list[CallKey]:
        return [key._replace(stage=stage, dimension=dimension, ask=0) for dimension in self.dimensions]

    def _receive_judgement(self, key: CallKey, reply: Reply) -> list[CallKey]:
        last = key.ask == LAST_ASK
        keep = self._keep_scores if key.neighbour is None else self._keep_feedback
        rated = keep(key, reply, last)
        if not rated and not last:
            return [key._replace(ask=key.ask + 1)]
        if key.stage == "feedback" and len(self.feedback) == len(self.neighbours):
            return [key._replace(stage="reflection" if self.reflects else "revision", neighbour=None, ask=0)]
        return []

    def _keep_feedback(self, key: CallKey, reply: Reply, last: bool) -> bool:
        assert key.neighbour is not None
        judgement = parse_judgement(reply)
        if last or judgement.rating is not None:
            kept = self.feedback if key.stage == "feedback" else self.revision_feedback
            kept[key.neighbour] = judgement
        return judgement.rating is not None

    def _keep_scores(self, key: CallKey, reply: Reply, last: bool) -> bool:
        """Keep what is rated; a rating that an earlier ask of a joint call gave stays."""
        for name in _rated(key.dimension):
            known = self.scores.get((key.stage, name))
            judgement = known or _parse_score(reply, name, joint=key.dimension == "both")
            if last or judgement.rating is not None:
                self.scores[key.stage, name] = judgement
        return all((key.stage, name) in self.scores for name in _rated(key.dimension))


def _rated(dimension: Dimension | None) -> tuple[Rated, ...]:
    return DIMENSIONS if dimension is None or dimension == "both" else (dimension,)


def _parse_score(reply: Reply, name: Rated, *, joint: bool) -> Judgement:
    return parse_judgement(reply, f"{name}_rating", f"{name}_reason") if joint else parse_judgement(reply)


def _protocol_order(key: CallKey) -> tuple[int, int, str]:
    return STAGES.index(key.stage), -1 if key.neighbour is None else key.neighbour, key.dimension or ""
