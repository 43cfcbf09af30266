"""The society: which calls are ready, what each asks, and which interactions are finished.

A state machine without input or output. It is told what was answered, in any order, and what it releases is the same:
the graph of calls follows from the seed, and memories are read as of the end of the previous round. There is no
barrier between rounds. Nothing exists for a call before what it is about does: no feedback before its draft, no draft
before the agent's last revision.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agents.model import ErrorKind, Reply, Request
from agents.protocol import STAGES, Dimension, Stage
from agents.social_agent import SocialAgent
from agents.voice import Speaker
from memory import Recall
from sandbox.questions.sets import Question
from sandbox.runs.records import CallKey, Interaction
from sandbox.society import asking
from sandbox.society.back_scatter import Exchange
from sandbox.society.release import interaction_record
from sandbox.society.world import Agenda, World

_STAGE_ORDER: Final[dict[Stage, int]] = {
    "draft": 0,
    "feedback": 1,
    "revision": 2,
    "score_draft": 3,
    "score_revision": 3,
}
_DIMENSION_ORDER: Final[dict[Dimension | None, int]] = {None: 0, "alignment": 1, "engagement": 2, "both": 3}


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part. `lanes[agent]` and `observer_lane` say which endpoint each speaks through.

    The observer is asked about each text once for each of `dimensions`.
    """

    agents: Sequence[SocialAgent]
    lanes: Sequence[int]
    observer: Speaker
    observer_lane: int
    dimensions: tuple[Dimension, ...]


class Society:
    """`cast` discusses `questions` for `rounds` rounds in `world`."""

    def __init__(self, world: World, cast: Cast, questions: Sequence[Question], rounds: int) -> None:
        self.world: Final = world
        self.cast: Final = cast
        self.rounds: Final = rounds
        self._questions: Final = questions
        self._agenda: Final = Agenda(world.seed, world.size, len(questions))
        self._ready: Final[dict[int, list[tuple[tuple[int, ...], CallKey]]]] = defaultdict(list)
        self._exchanges: Final[dict[tuple[int, int], Exchange]] = {}
        self._open: Final[dict[tuple[int, int], int]] = {}
        self._settled: Final = [0] * world.size
        self._waiting: Final[dict[int, list[CallKey]]] = defaultdict(list)
        self._finished: Final[dict[tuple[int, int], Exchange]] = {}
        self._released = 0
        for agent in range(world.size):
            self._begin(0, agent)

    @property
    def planned(self) -> int:
        """The number of interactions of the whole run."""
        return self.rounds * self.world.size

    @property
    def released(self) -> int:
        """How many interactions left the society so far."""
        return self._released

    @property
    def has_ready(self) -> bool:
        """Whether a call can be made now."""
        return any(self._ready.values())

    def peek(self, lane: int) -> CallKey | None:
        """The most urgent ready call of `lane`, which stays ready."""
        heap = self._ready[lane]
        return heap[0][1] if heap else None

    @property
    def ready(self) -> int:
        """How many calls can be made now."""
        return sum(map(len, self._ready.values()))

    def next_call(self, lane: int) -> CallKey | None:
        """Take the most urgent ready call of `lane`: by round, stage, then those that share a prompt prefix."""
        heap = self._ready[lane]
        return heapq.heappop(heap)[1] if heap else None

    def request(self, key: CallKey) -> Request:
        """What `key` asks. Rendered when the call is made, so that waiting calls cost no text."""
        speaker = self.cast.observer if key.dimension is not None else self.cast.agents[key.speaker].speaker
        return asking.request(key, speaker, self._material(key), self.world.seed)

    def receive(self, key: CallKey, answer: Reply | ErrorKind) -> None:
        """Take in the answer to `key`, or the kind of error with which it failed for good."""
        place = (key.round, key.agent)
        exchange = self._exchanges[place]
        follow = exchange.receive(key, answer)
        self._open[place] += len(follow) - 1
        for call in follow:
            self.enqueue(call)
        if exchange.settled and self._settled[key.agent] == key.round:
            self._settle(exchange)
        if not self._open[place]:
            del self._open[place]
            self._finished[place] = self._exchanges.pop(place)

    def release(self) -> Iterator[Interaction]:
        """The interactions that are finished and next in (round, agent) order."""
        size = self.world.size
        while exchange := self._finished.pop(divmod(self._released, size), None):
            self._released += 1
            yield interaction_record(exchange, self.world, self.cast.agents)

    def _begin(self, round_: int, agent: int) -> None:
        if round_ >= self.rounds:
            return
        exchange = Exchange(
            round=round_,
            agent=agent,
            question=self._questions[self._agenda.question(round_, agent)],
            neighbours=self.world.feedback_agents(round_, agent),
            dimensions=self.cast.dimensions,
        )
        self._exchanges[round_, agent] = exchange
        self._open[round_, agent] = 1
        self.enqueue(exchange.first())

    def _settle(self, exchange: Exchange) -> None:
        """The agent's memory as of this round is known: it can go on, and so can those who wait for it."""
        agent = exchange.agent
        if exchange.revision is not None:
            memory = self.cast.agents[agent].memory
            memory.add(exchange.question.text, exchange.revision, exchange.round)
        self._settled[agent] = exchange.round + 1
        for call in self._waiting.pop(agent, ()):
            self.enqueue(call)
        self._begin(exchange.round + 1, agent)

    def enqueue(self, key: CallKey) -> None:
        """Make `key` ready, or let it wait for the memory that it needs."""
        if key.neighbour is not None and self._settled[key.neighbour] < key.round:
            self._waiting[key.neighbour].append(key)
            return
        heapq.heappush(self._ready[self._lane(key)], (_urgency(key), key))

    def _lane(self, key: CallKey) -> int:
        if key.dimension is not None:
            return self.cast.observer_lane
        return self.cast.lanes[key.speaker]

    def _material(self, key: CallKey) -> asking.Material:
        """What `key` is about: what has been said in its interaction by now, and what its speaker recalls."""
        exchange = self._exchanges[key.round, key.agent]
        return asking.Material(
            question=exchange.question.text,
            draft=exchange.draft or "",
            revision=exchange.revision or "",
            recall=self._recall(exchange, key.speaker) if key.stage in ("draft", "feedback") else None,
            feedback=[exchange.feedback[other] for other in exchange.neighbours] if key.stage == "revision" else (),
        )

    def _recall(self, exchange: Exchange, agent: int) -> Recall | None:
        """What `agent` remembers of the question as of the round before; looked up once an interaction."""
        if agent not in exchange.recalls:
            found = self.cast.agents[agent].recall(exchange.question.text, exchange.round)
            exchange.recalls[agent] = found
        return exchange.recalls[agent]


def _urgency(key: CallKey) -> tuple[int, ...]:
    neighbour = -1 if key.neighbour is None else key.neighbour
    return (
        key.round,
        _STAGE_ORDER[key.stage],
        _DIMENSION_ORDER[key.dimension],
        key.agent,
        neighbour,
        STAGES.index(key.stage),
        key.ask,
    )
