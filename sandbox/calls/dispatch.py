"""Makes the calls of a society: as many at once as each endpoint takes, journalled before they are used.

Knows the order in which things become durable, not what is asked or why.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Coroutine, Sequence
from functools import partial
from typing import Any, Final

from agents.limits.limiter import Slot
from agents.model import ModelError, Request
from sandbox.calls.budget import Budget, Hold
from sandbox.calls.journal import Answer, Journal, KnownCalls
from sandbox.calls.lane import Ended, Lane, Settled
from sandbox.runs.manifest import StoppedBy
from sandbox.runs.records import CallKey, Interaction
from sandbox.society.society import Society

SYNC_SECONDS: Final = 1.0


class Dispatcher:
    """Drives `society` over `lanes`; every finished ask goes to `journal` first.

    What is `known` by now is not asked. `stopped_by` says why calls are left at the end.
    """

    def __init__(
        self, society: Society, lanes: Sequence[Lane], journal: Journal, known: KnownCalls, budget: Budget
    ) -> None:
        self._society: Final = society
        self._lanes: Final = lanes
        self._journal: Final = journal
        self._known: Final = known
        self.budget: Final = budget
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._arrived: Final[deque[Ended]] = deque()
        self._repeated: Final[deque[Answer]] = deque()
        self._something: Final = asyncio.Event()
        self._error: BaseException | None = None
        self.stopped_by: StoppedBy | None = None
        for lane in lanes:
            lane.model.limiter.on_room = self._something.set

    def stop(self, by: StoppedBy) -> None:
        """Make no more calls and no more tries; what is in flight is waited for and kept. The first reason stands."""
        self.stopped_by = self.stopped_by or by
        for lane in self._lanes:
            lane.stop()
        self._something.set()

    async def run(self) -> AsyncGenerator[list[Interaction], None]:
        """Yield finished interactions in (round, agent) order until all in flight are in; none if only accounts grew.

        An error that ends the run (`FatalModelError`, an endpoint that is gone, a full disk, a fault of ours) is raised
        when replies in flight have been waited for and journalled. A cancellation waits for nothing and journals what
        had arrived.
        """
        syncing = asyncio.create_task(self._sync_regularly())
        lost = 0
        try:
            self._launch()
            while self._is_busy():
                await self._something.wait()
                self._something.clear()
                if self._take_in() or self.budget.tally.lost.calls > lost:
                    lost = self.budget.tally.lost.calls
                    yield [*self._society.release()]
                self._launch()
                if syncing.done():
                    syncing.result()
            if self._error:
                raise self._error
        except asyncio.CancelledError:
            for task in self._tasks:
                task.cancel()
            raise
        finally:
            syncing.cancel()
            await self._end(syncing)

    async def _end(self, syncing: asyncio.Task[None]) -> None:
        """Wait for what is in flight and make it durable; nothing is used any more."""
        self.stop("interrupt")
        try:
            await asyncio.gather(syncing, *self._tasks, return_exceptions=True)
        finally:
            try:
                self._record()
            except OSError:
                for _, hold in self._arrived:
                    hold.lose()
                raise
            self._journal.sync()

    def _is_busy(self) -> bool:
        waits = bool(self._tasks or self._arrived or self._repeated)
        return waits or (self.stopped_by is None and self._society.has_ready)

    def _launch(self) -> None:
        for index, lane in enumerate(self._lanes):
            while self.stopped_by is None and lane.is_open and (key := self._society.next_call(index)):
                if not self._start(key, lane):
                    break
            if lane.needs_check and self.stopped_by is None:
                lane.checking = self._run(self._check(lane), lane)

    def _start(self, key: CallKey, lane: Lane) -> bool:
        """Make the call `key`, unless it was made before; False if the budget does not allow it."""
        request = self._society.request(key)
        if outcome := self._known.take(key, request):
            self.budget.tally.answered_unmetered(request, outcome)
            self._repeated.append(Answer(key, request, outcome))
            self._something.set()
            return True
        hold = self.budget.hold(request)
        if hold is None:
            self._society.enqueue(key)
            if not (self._tasks or self._arrived or any(lane.has_doubtful for lane in self._lanes)):
                self.stop("budget")
            return False
        self.budget.tally.dispatched()
        lane.in_flight += 1
        slot = lane.model.limiter.slot(request)
        self._run(self._call(key, lane, request, slot, hold), lane)
        return True

    def _run(self, coroutine: Coroutine[Any, Any, None], lane: Lane) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, lane))
        return task

    def _ended(self, lane: Lane, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task is lane.checking:
            lane.checking = None
        else:
            lane.in_flight -= 1
        self._something.set()
        if not task.cancelled() and (error := task.exception()):
            self._error = self._error or error
            self.stop("error")

    async def _call(self, key: CallKey, lane: Lane, request: Request, slot: Slot, hold: Hold) -> None:
        try:
            outcome = await lane.model.ask(request, slot, partial(self._lose, hold))
        except BaseException:
            hold.release()
            raise
        self._settle(lane.settle(Ended(Answer(key, request, outcome), hold), slot.sent))

    def _settle(self, settled: Settled) -> None:
        self._arrived.extend(settled.finished)
        for answer, hold in settled.again:
            hold.release()
            self.budget.tally.dropped(answer.outcome)
            self._society.enqueue(answer.key)

    def _lose(self, hold: Hold) -> None:
        hold.lose()
        if not self.budget.is_kept:
            self.stop("budget")

    async def _check(self, lane: Lane) -> None:
        """Find out whether the endpoint is there, if it does not tell meanwhile by an answer."""
        asked = time.monotonic()
        try:
            await lane.check_alive()
        except ModelError as error:
            if lane.model.limiter.health.answers_since < asked:
                does = "refuses everything" if error.kind == "rate_limited" else "answers nothing"
                raise ModelError(error.kind, f"{lane.name} {does} any more: {error}") from None
        self._settle(lane.resolve(asked))

    def _take_in(self) -> int:
        """Tell the society what is new; how many answers that were."""
        answers = [*self._record(), *self._repeated]
        self._repeated.clear()
        for answer in answers:
            self._society.receive(answer.key, answer.outcome.answer)
        return len(answers)

    def _record(self) -> list[Answer]:
        """Journal what arrived, and count it: the accounts are those of the journal, whatever comes after."""
        answers = [answer for answer, _ in self._arrived]
        if answers:
            self._journal.append(answers)
        while self._arrived:
            answer, hold = self._arrived.popleft()
            self.budget.tally.answered(answer.key.stage, answer.request, answer.outcome)
            hold.release()
        return answers

    async def _sync_regularly(self) -> None:
        while True:
            await asyncio.sleep(SYNC_SECONDS)
            await asyncio.to_thread(self._journal.sync)
