"""Makes the calls of a society: as many at once as each endpoint takes, journalled before they are used.

Knows the order in which things become durable, not what is asked or why.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from agents.model import Request
from agents.retry import Retrying
from sandbox.journal import Answer, Journal
from sandbox.records import CallKey, Interaction
from sandbox.society import Society
from sandbox.tally import Tally

SYNC_SECONDS: Final = 1.0
GONE_AFTER: Final = 3


@dataclass(slots=True)
class Lane:
    """One endpoint: `limit` calls at most are in flight there, over all models that it serves.

    `unreached` are asks that got no connection in their last try, each with when that was on the monotonic clock.
    """

    name: str
    model: Retrying
    limit: int
    in_flight: int = 0
    unreached: list[tuple[float, Answer]] = field(default_factory=list)


class Dispatcher:
    """Drives `society` over `lanes`; every finished ask goes to `journal` first."""

    def __init__(self, society: Society, lanes: Sequence[Lane], journal: Journal, tally: Tally) -> None:
        self._society: Final = society
        self._lanes: Final = lanes
        self._journal: Final = journal
        self._tally: Final = tally
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._arrived: Final[deque[Answer]] = deque()
        self._arrival: Final = asyncio.Event()
        self._error: BaseException | None = None
        self.stopping = False

    def stop(self) -> None:
        """Make no more calls and no more tries; what is in flight is waited for and kept."""
        self.stopping = True
        for lane in self._lanes:
            lane.model.stop()

    async def run(self) -> AsyncGenerator[list[Interaction], None]:
        """Yield finished interactions in (round, agent) order until none is left, or all in flight are in.

        An error that ends the run (`FatalModelError`, a full disk, a fault of ours) is raised when replies in flight
        have been waited for and journalled. A cancellation waits for nothing and journals what had arrived.
        """
        syncing = asyncio.create_task(self._sync_regularly())
        try:
            self._launch()
            while self._arrived or any(lane.in_flight for lane in self._lanes):
                await self._arrival.wait()
                self._arrival.clear()
                self._take_in()
                yield [*self._society.release()]
                self._launch()
                if syncing.done():
                    syncing.result()
            if error := self._error or (None if self.stopping else self._unreached()):
                raise error
        except asyncio.CancelledError:
            for task in self._tasks:
                task.cancel()
            raise
        finally:
            syncing.cancel()
            await self._end(syncing)

    async def _end(self, syncing: asyncio.Task[None]) -> None:
        """Wait for what is in flight and make it durable; nothing is used any more."""
        self.stop()
        try:
            await asyncio.gather(syncing, *self._tasks, return_exceptions=True)
        finally:
            self._record()
            self._journal.sync()

    def _launch(self) -> None:
        for index, lane in enumerate(self._lanes):
            while lane.in_flight < lane.limit and not self.stopping:
                key = self._society.next_call(index)
                if key is None:
                    break
                self._start(key, lane)

    def _start(self, key: CallKey, lane: Lane) -> None:
        request = self._society.request(key)
        lane.in_flight += 1
        self._tally.dispatched()
        task = asyncio.create_task(self._call(key, lane, request))
        self._tasks.add(task)
        task.add_done_callback(partial(self._called, lane))

    async def _call(self, key: CallKey, lane: Lane, request: Request) -> None:
        started = time.monotonic()
        outcome = await lane.model.ask(request)
        answer = Answer(key, request, outcome)
        if outcome.error and outcome.error.kind == "connection":
            # An endpoint that is gone is no result of the run; a later reply tells that it was only this call.
            lane.unreached.append((time.monotonic(), answer))
            if len(lane.unreached) >= GONE_AFTER:
                raise outcome.error
            return
        if outcome.reply and not self.stopping:
            # Only a reply to what was asked later shows that the endpoint is there after all.
            self._arrived.extend(earlier for ended, earlier in lane.unreached if ended <= started)
            lane.unreached[:] = [(ended, earlier) for ended, earlier in lane.unreached if ended > started]
        self._arrived.append(answer)

    def _called(self, lane: Lane, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        lane.in_flight -= 1
        self._arrival.set()
        if not task.cancelled() and (error := task.exception()):
            self._error = self._error or error
            self.stop()

    def _unreached(self) -> BaseException | None:
        """The error of a last call that got no connection: whether the endpoint is gone, nothing told."""
        return next((answer.outcome.error for lane in self._lanes for _, answer in lane.unreached), None)

    def _take_in(self) -> None:
        for answer in self._record():
            self._society.receive(answer.key, answer.outcome.answer)

    def _record(self) -> list[Answer]:
        """Journal what arrived, and count it: the accounts are those of the journal, whatever comes after."""
        answers = [self._arrived.popleft() for _ in range(len(self._arrived))]
        self._journal.append(answers)
        for answer in answers:
            self._tally.answered(answer.key, answer.request.model, answer.outcome)
        return answers

    async def _sync_regularly(self) -> None:
        while True:
            await asyncio.sleep(SYNC_SECONDS)
            await asyncio.to_thread(self._journal.sync)
