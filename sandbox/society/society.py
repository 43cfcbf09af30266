"""The society: which calls are ready, what each asks, and which interactions are finished.

A state machine without input or output. It is told what was answered, in any order, and what it releases is the same:
the graph of calls follows from the seed, and memories are read as of the end of the previous round. There is no
barrier between rounds. Nothing exists for a call before what it is about does: no feedback before its draft, no draft
before the agent's last revision.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from agents.model import ErrorKind, Reply, Request
from memory import Recall
from sandbox.questions.sets import Question
from sandbox.runs.records import CallKey, Interaction
from sandbox.society import asking
from sandbox.society.back_scatter import Exchange
from sandbox.society.cast import Cast
from sandbox.society.due import Due
from sandbox.society.ready import ReadyCalls, opens
from sandbox.society.release import interaction_record
from sandbox.society.world import Agenda, World

# The end of a round, in which the next one must not wait: as many interactions as keep calls in flight while they last.
_ENDS_WITH: Final = 2


class Society:
    """`cast` discusses `questions` for `rounds` rounds in `world`; those before `first` are `over`, as it is told.

    `needs` is what is begun still needs.
    `affords` says whether there is money for so many asks by stage: without it no interaction is begun beside others.
    `may_begin` says whether the next one may be begun for which there is none, when nothing else goes on here.
    """

    def __init__(self, world: World, cast: Cast, questions: Sequence[Question], rounds: int, first: int = 0) -> None:
        self.world: Final = world
        self.cast: Final = cast
        self.rounds: Final = rounds
        self._questions: Final = questions
        self._agenda: Final = Agenda(world.seed, world.size, len(questions))
        self.calls: Final = ReadyCalls(self._presses, cast.slotted)
        self.needs: Final = Due(first * world.size)
        self._taken = 0
        self._exchanges: Final[dict[tuple[int, int], Exchange]] = {}
        self._settled: Final = [first] * world.size
        self._unsettled: Final[dict[int, int]] = defaultdict(lambda: world.size)
        self._waiting: Final[dict[int, list[CallKey]]] = defaultdict(list)
        self._finished: Final[dict[tuple[int, int], Exchange]] = {}
        self._released = 0
        self.affords: Callable[[Mapping[str, float]], bool] = lambda _: True
        self.may_begin: Callable[[Mapping[str, float]], bool] = lambda _: True
        for agent in range(world.size):
            self._begin(first, agent)

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
        return bool(self.ready)

    def peek(self, lane: int) -> CallKey | None:
        """The most urgent ready call of `lane`, which stays ready."""
        return self.calls.first(lane)

    @property
    def ready(self) -> int:
        """How many calls can be made now."""
        return len(self.calls)

    def ready_on(self, lane: int) -> int:
        """How many calls of `lane` can be made now."""
        return self.calls.count(lane)

    def next_call(self, lane: int) -> CallKey | None:
        """Take the most urgent ready call of `lane`. None begins an interaction that cannot be seen through."""
        key = self.calls.take(lane, self._may_open)
        if key:
            self._taken += 1
            if opens(key):
                self.needs.begin(self._exchanges[key.round, key.agent])
        return key

    def enqueue(self, key: CallKey) -> None:
        """Make `key`, which was taken, ready again."""
        self._taken -= 1
        if opens(key):
            self.needs.forget(self._exchanges[key.round, key.agent])
        self._add(key)

    def request(self, key: CallKey) -> Request:
        """What `key` asks. Rendered when the call is made, so that waiting calls cost no text."""
        return asking.request(key, self.cast.speaker(key), self._material(key), self.world.seed)

    def receive(self, key: CallKey, answer: Reply | ErrorKind) -> None:
        """Take in the answer to `key`, or the kind of error with which it failed for good."""
        place = (key.round, key.agent)
        exchange = self._exchanges[place]
        follow = exchange.receive(key, answer)
        self.calls.answered(self.cast.lane(key), key)
        self._taken -= 1
        for call in follow:
            self._add(call)
        if exchange.settled and self._settled[key.agent] == key.round:
            self._settle(exchange)
        if self.needs.is_done(key, again=any(call.ask for call in follow), failed=key in exchange.failures):
            self._finished[place] = self._exchanges.pop(place)

    def release(self) -> Iterator[Interaction]:
        """The interactions that are finished and next in (round, agent) order."""
        size = self.world.size
        while exchange := self._finished.pop(divmod(self._released, size), None):
            self._released += 1
            yield interaction_record(exchange, self.world, self.cast.agents)

    def over(self, interaction: Interaction) -> None:
        """`interaction`, the next in order, left the society earlier."""
        self._released += 1
        self.cast.remember(interaction.agent, interaction.question, interaction.revision, interaction.round)

    def due(self) -> Mapping[str, float]:
        """How many asks, by stage, the interactions that are begun will still take."""
        return self.needs.asks()

    def _begin(self, round_: int, agent: int) -> None:
        if round_ >= self.rounds:
            return
        question = self._questions[self._agenda.question(round_, agent)]
        exchange = Exchange(
            round=round_,
            agent=agent,
            question=question,
            neighbours=self.world.feedback_agents(round_, agent),
            dimensions=self.cast.dimensions,
            peers_rate=self.cast.peers_rate,
            reflects=self.cast.reflects,
            persuader=self.cast.persuaded_to(self.world.seed, round_, agent, question),
        )
        self._exchanges[round_, agent] = exchange
        self._add(exchange.first())

    def _settle(self, exchange: Exchange) -> None:
        """The agent's memory as of this round is known: it can go on, and so can those who wait for it."""
        agent = exchange.agent
        self.cast.remember(agent, exchange.question.text, exchange.revision, exchange.round)
        self._settled[agent] = exchange.round + 1
        self._unsettled[exchange.round] -= 1
        for call in self._waiting.pop(agent, ()):
            self._add(call)
        self._begin(exchange.round + 1, agent)

    def _add(self, key: CallKey) -> None:
        """Make `key` ready, or let it wait for the memory that it needs."""
        if key.neighbour is not None and self._settled[key.neighbour] < key.round:
            self._waiting[key.neighbour].append(key)
            return
        self.calls.add(self.cast.lane(key), key)

    def _presses(self, round_: int) -> bool:
        """Whether `round_` ends, and what is begun can be seen through: then the next one waits for what is left."""
        ends = self._unsettled[round_] <= _ENDS_WITH * (self._taken + 1)  # with the call that is wanted
        return ends and self.affords(self.needs.asks())

    def _may_open(self, key: CallKey) -> bool:
        """Whether what `key` begins and all before it can be seen through, or it is next and nothing else can go on."""
        exchange = self._exchanges[key.round, key.agent]
        if not (self._taken or self.calls.has_begun):
            return key == self.calls.next_opening and self.may_begin(self.needs.asks_with(exchange, 1))
        left_out = max(0, key.round * self.world.size + key.agent - self.needs.begun)  # by slower lanes
        return self.affords(self.needs.asks_with(exchange, 1 + left_out))

    def _material(self, key: CallKey) -> asking.Material:
        """What `key` is about: what has been said in its interaction by now, and what its speaker recalls."""
        exchange = self._exchanges[key.round, key.agent]
        return asking.Material(
            question=exchange.question,
            draft=exchange.draft or "",
            revision=exchange.revision or "",
            recall=self._recall(exchange, key.speaker) if key.stage in asking.RECALLING else None,
            feedback=[exchange.feedback[other] for other in exchange.neighbours] if key.stage in asking.HEARING else (),
            view=self.cast.view,
            persuader=exchange.persuader,
            reflection=exchange.reflection,
        )

    def _recall(self, exchange: Exchange, agent: int) -> Recall | None:
        """What `agent` remembers of the question as of the round before; looked up once an interaction."""
        if agent not in exchange.recalls:
            exchange.recalls[agent] = self.cast.agents[agent].recall(exchange.question.text, exchange.round)
        return exchange.recalls[agent]
