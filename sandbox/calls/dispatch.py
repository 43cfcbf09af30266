"""Makes the calls of a work: as many at once as each endpoint takes, journalled before they are used.

Knows the order in which things become durable, not what is asked or why.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from functools import partial
from typing import Any, Final, Generic, TypeVar

from agents.limits.slot import Slot
from agents.model import Request
from sandbox.calls.accounts import Accounts
from sandbox.calls.arrivals import Arrivals
from sandbox.calls.budget import Hold
from sandbox.calls.journal import Answered, Journal
from sandbox.calls.known import KnownCalls
from sandbox.calls.lane import Ended, Lane, Settled
from sandbox.calls.work import K, Work
from sandbox.runs.manifest import StoppedBy

T = TypeVar("T")


class Dispatcher(Generic[K, T]):
    """Drives `work` over `lanes`; every finished ask goes to `journal` first, and into `accounts`.

    What is `known` by now is not asked. `stopped_by` says why calls are left at the end.
    """

    def __init__(
        self, work: Work[K, T], lanes: Sequence[Lane], journal: Journal[K], known: KnownCalls[K], accounts: Accounts
    ) -> None:
        self._work: Final = work
        self._lanes: Final = lanes
        self._known: Final = known
        self.accounts: Final = accounts
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._arrivals: Final = Arrivals(journal, accounts)
        self._something: Final = asyncio.Event()
        self._error: BaseException | None = None
        self.stopped_by: StoppedBy | None = None

    def stop(self, by: StoppedBy) -> None:
        """Make no more calls and no more tries; what is in flight is waited for and kept. The first reason stands."""
        self.stopped_by = self.stopped_by or by
        self._stop_lanes()
        self._something.set()

    async def run(self) -> AsyncGenerator[list[T], None]:
        """Yield what the work releases until all in flight are in; nothing if only accounts grew.

        An error that ends the run (`FatalModelError`, an endpoint that is gone, a full disk, a fault of ours) is raised
        when replies in flight have been waited for and journalled. A cancellation waits for nothing and journals what
        had arrived.
        """
        syncing = asyncio.create_task(self._arrivals.sync_regularly())
        lost = 0
        self._join()
        try:
            self._launch()
            while self._is_busy():
                await self._something.wait()
                self._something.clear()
                if self._take_in() or self.accounts.lost.calls > lost:
                    lost = self.accounts.lost.calls
                    yield [*self._work.release()]
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
        self._stop_lanes()
        self.accounts.share.leave()
        try:
            await asyncio.gather(syncing, *self._tasks, return_exceptions=True)
        finally:
            for lane in self._lanes:
                lane.give_up()
            self._arrivals.keep()

    def _stop_lanes(self) -> None:
        for lane in self._lanes:
            lane.stop()

    def _join(self) -> None:
        """Take part in what is shared with works beside this one, endpoints and budget, and be told of room there."""
        self.accounts.share.join(self._something, lambda: {} if self.stopped_by else self._work.due())
        for lane in self._lanes:
            lane.turn.join(self._something)

    def _is_busy(self) -> bool:
        return bool(self._tasks or self._arrivals) or (self.stopped_by is None and self._work.has_ready)

    def _launch(self) -> None:
        """Make every call that may be made now, and let works of higher rank look at what is left."""
        self.accounts.share.look()
        left = [each for index, lane in enumerate(self._lanes) if (each := self._fill(index, lane)) is not None]
        for lane in self._lanes:
            lane.turn.pass_on()
        self.accounts.share.pass_on()
        if left and all(left) and not (self._is_in_flight or self._arrivals) and self.accounts.share.is_last:
            self.stop("budget")

    def _fill(self, index: int, lane: Lane) -> bool | None:
        """Make the calls of `lane`; where one is left, whether the endpoint would take it, and so money lacks."""
        may_call = False
        while self.stopped_by is None and (may_call := lane.may_call()) and (key := self._work.next_call(index)):
            if not self._start(key, lane):
                break
        is_left = not self.stopped_by and self._work.peek(index) is not None
        lane.found(lacks=is_left and not may_call)
        # Where money is what lacks room is of no use: those who have money, and may leave some, need it.
        lane.want(self._work.ready_on(index) if is_left and not may_call else 0)
        if lane.needs_check and self.stopped_by is None:
            lane.checking = self._run(lane.find_out(self._settle), lane)
        return may_call if is_left else None

    @property
    def _is_in_flight(self) -> bool:
        return bool(self._tasks or self._arrivals.has_new) or any(lane.has_doubtful for lane in self._lanes)

    def _start(self, key: K, lane: Lane) -> bool:
        """Make the call `key`, unless it was made before; False if the budget does not allow it."""
        request = self._work.request(key)
        if outcome := self._known.take(key, request):
            self.accounts.repeated(key.stage, request, outcome)
            self._arrivals.repeat(Answered(key, request, outcome))
            self._something.set()
            return True
        hold = self.accounts.hold(request)
        if hold is None:
            self._work.enqueue(key)
            self._stop_if_spent(request)
            return False
        self.accounts.dispatched()
        lane.in_flight += 1
        self._run(self._call(key, lane, request, lane.limiter.slot(request), hold), lane)
        return True

    def _stop_if_spent(self, request: Request) -> None:
        """Stop unless what is in flight, here or in a work that shares the budget, may leave enough for `request`."""
        if not self._is_in_flight and not self.accounts.may_ever_hold(request):
            self.accounts.ran_out(request)
            self.stop("budget")

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

    async def _call(self, key: K, lane: Lane, request: Request, slot: Slot, hold: Hold) -> None:
        try:
            outcome = await lane.model.ask(request, slot, partial(self._lose, request))
        except BaseException:
            hold.release()
            raise
        self._settle(lane.settle(Ended(Answered(key, request, outcome), hold), slot.sent))

    def _settle(self, settled: Settled) -> None:
        self._arrivals.add(settled.finished)
        for answer, hold in settled.again:
            hold.release()
            self.accounts.dropped(answer.outcome)
            self._work.enqueue(answer.key)

    def _lose(self, request: Request) -> None:
        self.accounts.lose(request)
        if not self.accounts.budget.is_kept:
            self.stop("budget")

    def _take_in(self) -> int:
        """Tell the work what is new; how many answers that were."""
        answers = self._arrivals.take()
        for answer in answers:
            self._work.receive(answer.key, answer.outcome.answer)
        return len(answers)
