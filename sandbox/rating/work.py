"""A rating as a work: which asks can be made now, what each asks, and what becomes of its answer.

No call waits for another but a re-ask for its first ask. Has no input or output and makes no call.
"""

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from agents.model import ErrorKind, Reply, Request
from sandbox.rating.plan import Plan, ToRate
from sandbox.runs.rating.records import (
    RatedInteraction,
    RatedTexts,
    RatingFailure,
    RatingKey,
    Score,
    ScoreStage,
)
from sandbox.runs.records import interaction_id

LAST_ASK: Final = 1


@dataclass(slots=True)
class _Open:
    """An interaction that is begun: how many calls have no end yet, and what the others came to.

    `failures` are by the first ask of a call.
    """

    left: int
    scores: dict[tuple[ScoreStage, str], Score] = field(default_factory=dict)
    failures: dict[RatingKey, ErrorKind] = field(default_factory=dict)


class RatingWork:
    """The calls of `plan`, all on one lane. Interactions are begun in order, and what is begun is finished first."""

    def __init__(self, plan: Plan) -> None:
        self._plan: Final = plan
        self._places: Final = {(item.stored.round, item.stored.agent): place for place, item in enumerate(plan.items)}
        self._left = plan.forecast.all_calls  # of interactions that are not begun
        self._begun = 0
        self._ready: Final[list[tuple[int, RatingKey]]] = []
        self._open: Final[dict[int, _Open]] = {}
        self._finished: Final[dict[int, RatedInteraction]] = {}
        self.released = 0

    @property
    def planned(self) -> int:
        """How many interactions there are."""
        return len(self._plan.items)

    @property
    def ready(self) -> int:
        """How many calls can be made now."""
        return len(self._ready) + self._left

    @property
    def has_ready(self) -> bool:
        """Whether a call can be made now."""
        return self.ready > 0

    def peek(self, lane: int) -> RatingKey | None:  # noqa: ARG002  # there is one
        """The most urgent ready call, which stays ready."""
        self._begin()
        return self._ready[0][1] if self._ready else None

    def ready_on(self, lane: int) -> int:  # noqa: ARG002
        """How many calls can be made now."""
        return self.ready

    def next_call(self, lane: int) -> RatingKey | None:  # noqa: ARG002
        """Take the most urgent ready call."""
        self._begin()
        return heapq.heappop(self._ready)[1] if self._ready else None

    def enqueue(self, key: RatingKey) -> None:
        """Make `key` ready, which was taken or follows from an answer."""
        heapq.heappush(self._ready, (self._place(key), key))

    def due(self) -> Mapping[str, float]:
        """How many asks what is begun will still take, but for those in flight, which are set aside already."""
        stages = Counter(key.stage for _, key in self._ready)
        return {stage: float(count) for stage, count in stages.items()}

    def request(self, key: RatingKey) -> Request:
        """What `key` asks. Made when the call is, so that waiting calls cost no text. Raises `SandboxError`."""
        stored = self._plan.items[self._place(key)].stored
        return self._plan.request(key, stored)

    def receive(self, key: RatingKey, answer: Reply | ErrorKind) -> None:
        """Take in the answer to `key`, or the kind of error with which it failed for good."""
        place = self._place(key)
        opened = self._open[place]
        if isinstance(answer, str):
            opened.failures[key._replace(ask=0)] = answer
        elif self._keep(opened, key, answer):
            self.enqueue(key._replace(ask=key.ask + 1))
            return
        opened.left -= 1
        if not opened.left:
            self._finished[place] = self._record(self._plan.items[place], self._open.pop(place))

    def release(self) -> Iterator[RatedInteraction]:
        """What is finished and next in order."""
        while record := self._finished.pop(self.released, None):
            self.released += 1
            yield record

    def _keep(self, opened: _Open, key: RatingKey, reply: Reply) -> bool:
        """Keep what is rated, and of the last ask what is missing; whether it is asked again."""
        is_last = key.ask == LAST_ASK
        for name, score in self._plan.inquiry.read(key.dimension, reply).items():
            if score.rating is not None or is_last:
                opened.scores.setdefault((key.stage, name), score)  # a rating that an earlier ask gave stays
        rated = self._plan.inquiry.rates(key.dimension)
        return not (is_last or all((key.stage, name) in opened.scores for name in rated))

    def _begin(self) -> None:
        """Make the calls of the next interaction ready, if nothing else is."""
        if self._ready or self._begun == self.planned:
            return
        place, self._begun = self._begun, self._begun + 1
        keys = list(self._plan.calls_of(self._plan.items[place]))
        self._open[place] = _Open(len(keys))
        self._left -= len(keys)
        for key in keys:
            self.enqueue(key)

    def _record(self, item: ToRate, opened: _Open) -> RatedInteraction:
        def of(stage: ScoreStage) -> dict[str, Score | None]:
            return {each.name: opened.scores.get((stage, each.name)) for each in self._plan.inquiry.used}

        first = next((key for key in self._plan.calls_of(item) if key in opened.failures), None)
        return RatedInteraction(
            id=interaction_id(item.stored.round, item.stored.agent),
            round=item.stored.round,
            agent=item.stored.agent,
            scores=RatedTexts(draft=of("score_draft"), revision=of("score_revision")),
            failed=RatingFailure(stage=first.stage, dimension=first.dimension, error=opened.failures[first])
            if first
            else None,
        )

    def _place(self, key: RatingKey) -> int:
        return self._places[key.round, key.agent]
