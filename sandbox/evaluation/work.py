"""An evaluation as a work: which asks can be made now, what each asks, and what becomes of its answer.

Answers come first, and each is judged as soon as it is there. Has no input or output and makes no call.
"""

import heapq
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from agents.model import ErrorKind, Reply, Request
from prompts import TemplateError
from sandbox.errors import SandboxError
from sandbox.evaluation import answering, asking, judging
from sandbox.evaluation.outcome import Outcome
from sandbox.evaluation.plan import Place, Plan
from sandbox.runs.evaluation.records import AnyAnswer, AskKey, Judgement

LAST_ASK: Final = 1


class _Open(NamedTuple):
    """A sample that is begun: its answer, and what judges said by position."""

    answer: AnyAnswer
    judgements: dict[int | None, Judgement]


class EvaluationWork:
    """The calls of `plan`, by their place. Whatever can be finished goes before what is not begun."""

    def __init__(self, plan: Plan) -> None:
        self._plan: Final = plan
        self._suites: Final = {suite.name: suite for suite in plan.suites}
        self._places: Final = {self._name(place): number for number, place in enumerate(plan.places)}
        self._unbegun: Final[list[deque[int]]] = [deque() for _ in range(plan.routes.count)]
        self._ready: Final[list[list[tuple[int, int, AskKey]]]] = [[] for _ in range(plan.routes.count)]
        self._asked: Final[dict[int, asking.Put]] = {}
        self._open: Final[dict[int, _Open]] = {}
        self._finished: Final[dict[int, Outcome]] = {}
        self.released = 0
        for number, place in enumerate(plan.places):
            self._place(number, place)

    @property
    def planned(self) -> int:
        """How many samples there are."""
        return len(self._plan.places)

    @property
    def ready(self) -> int:
        """How many calls can be made now."""
        return sum(map(self.ready_on, range(len(self._ready))))

    @property
    def has_ready(self) -> bool:
        """Whether a call can be made now."""
        return any(self._ready) or any(self._unbegun)

    def peek(self, lane: int) -> AskKey | None:
        """The most urgent ready call of `lane`, which stays ready."""
        if self._ready[lane]:
            return self._ready[lane][0][2]
        return self._first(self._unbegun[lane][0]) if self._unbegun[lane] else None

    def ready_on(self, lane: int) -> int:
        """How many calls of `lane` can be made now."""
        return len(self._ready[lane]) + len(self._unbegun[lane])

    def next_call(self, lane: int) -> AskKey | None:
        """Take the most urgent ready call of `lane`."""
        if self._ready[lane]:
            return heapq.heappop(self._ready[lane])[2]
        return self._first(self._unbegun[lane].popleft()) if self._unbegun[lane] else None

    def enqueue(self, key: AskKey) -> None:
        """Make `key` ready, which was taken or follows from an answer."""
        heapq.heappush(self._ready[self._plan.lane(key)], (self._number(key), key.position or 0, key))

    def due(self) -> Mapping[str, float]:
        """How many judgements what is begun will still take."""
        left = sum(self._left(each) for each in self._open.values())
        return {"judgement": float(left)} if left else {}

    def request(self, key: AskKey) -> Request:
        """What `key` asks. Made when the call is, so that waiting calls cost no text.

        Raises `SandboxError` where a template cannot be worked out.
        """
        number = self._number(key)
        place = self._plan.places[number]
        if key.stage == "answer":
            question = self._asked[number] = asking.put(self._plan, place)
            return asking.answer_request(self._plan, place, key, question)
        try:
            return asking.judgement_request(self._plan, place, key, self._open[number].answer)
        except TemplateError as error:  # of an answer that nobody knew before
            told = f"{key}: the judge cannot be asked: {error}."
            raise SandboxError(f"{told}\nMend the template, and start a new evaluation.") from error

    def receive(self, key: AskKey, answer: Reply | ErrorKind) -> None:
        """Take in the answer to `key`, or the kind of error with which it failed for good."""
        number = self._number(key)
        if key.stage == "answer":
            question = self._asked.pop(number)
            self._answered(number, answering.answer(self._plan, self._plan.places[number], question, answer))
            return
        opened = self._open[number]
        judgement = judging.judgement(self._plan, self._plan.places[number], key, answer)
        if judging.is_unreadable(judgement) and key.ask < LAST_ASK:
            self.enqueue(key._replace(ask=key.ask + 1))
            return
        opened.judgements[key.position] = judgement
        self._close_if_done(number)

    def release(self) -> Iterator[Outcome]:
        """What is finished and next in order."""
        while outcome := self._finished.pop(self.released, None):
            self.released += 1
            yield outcome

    def _place(self, number: int, place: Place) -> None:
        """Have the first call of a sample be made when its time comes; without one it is finished."""
        suite, item = self._plan.at(place)
        if self._plan.asks(item):
            self._unbegun[self._plan.lane(self._first(number))].append(number)
            return
        stored = self._plan.stored.get((suite.name, item.id, place.sample))
        self._answered(number, stored or answering.given(suite, item, place.sample))

    def _answered(self, number: int, answer: AnyAnswer) -> None:
        """An answer is there: have it judged, if there is something to judge."""
        suite, item = self._plan.at(self._plan.places[number])
        self._open[number] = _Open(answer, judging.without_calls(self._plan, suite, item, answer))
        for position in judging.positions(suite):
            if position not in self._open[number].judgements:
                key = AskKey(suite.name, item.id, "judgement", answer.sample, position)
                self.enqueue(key)
        self._close_if_done(number)

    def _close_if_done(self, number: int) -> None:
        opened = self._open[number]
        if not self._left(opened):
            del self._open[number]
            judgements = tuple(judgement for _, judgement in sorted(opened.judgements.items(), key=_by_position))
            self._finished[number] = Outcome(opened.answer, judgements)

    def _left(self, opened: _Open) -> int:
        return len(judging.positions(self._suites[opened.answer.suite])) - len(opened.judgements)

    def _first(self, number: int) -> AskKey:
        place = self._plan.places[number]
        suite, item = self._plan.at(place)
        return AskKey(suite.name, item.id, "answer", place.sample)

    def _number(self, key: AskKey) -> int:
        return self._places[key.suite, key.item, key.sample]

    def _name(self, place: Place) -> tuple[str, str, int]:
        suite, item = self._plan.at(place)
        return suite.name, item.id, place.sample


def _by_position(entry: tuple[int | None, Judgement]) -> int:
    return entry[0] or 0
