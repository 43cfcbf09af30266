"""Which cell is begun when, and when a study ends early: in order of index, and never because of one bad cell.

Knows how cells end; not how they are run, nor what is shown of them.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Literal

from sandbox.progress.events import Event
from sandbox.studies.backends.backend import Backend
from sandbox.studies.task import COMPLETE, INTERRUPTED, OUT_OF_BUDGET, WITH_FAILURES, Ended, Task

# So many cells that end first, and all fail, say something of the study and not of a cell.
FIRST_FAILURES: Final = 3
Why = Literal["interrupt", "budget", "failures"]
CellReport = Callable[[Task, Event | Ended], None]


class Conduct:
    """Runs `tasks` in order; `report` is told of everything that happens in each."""

    def __init__(self, tasks: Sequence[Task], report: CellReport) -> None:
        self._waiting: Final = deque(tasks)
        self._backend: Backend | None = None
        self._report: Final = report
        self.ended: Final[list[Ended]] = []
        self.stopped_by: Why | None = None

    @property
    def unbegun(self) -> int:
        """How many cells were never begun."""
        return len(self._waiting)

    def stop(self, by: Why) -> bool:
        """Begin no more cells, and finish what is in flight in those that run.

        False if there is nothing to wait for: none was begun, or it was told before.
        """
        if self._backend is None or self.stopped_by == by:
            return False
        self.stopped_by = by
        self._backend.stop()
        return True

    async def run(self, backend: Backend) -> None:
        """Run all of them by `backend`, or until it is stopped."""
        self._backend = backend
        running: set[asyncio.Task[None]] = set()
        done: set[asyncio.Task[None]] = set()
        try:
            while self._begin(backend, running) or running:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    each.result()
        finally:
            for each in running:
                each.cancel()
            await asyncio.gather(*running, *done, return_exceptions=True)

    def _begin(self, backend: Backend, running: set[asyncio.Task[None]]) -> bool:
        """Begin cells while there is room for them; whether there was one to begin."""
        begun = False
        while self.stopped_by is None and self._waiting and len(running) < backend.jobs:
            running.add(asyncio.create_task(self._one(backend, self._waiting.popleft())))
            begun = True
        return begun

    async def _one(self, backend: Backend, task: Task) -> None:
        ended = await backend.run(task, lambda event: self._report(task, event))
        self.ended.append(ended)
        self._report(task, ended)
        self._judge(task, ended)

    def _judge(self, task: Task, ended: Ended) -> None:
        """Stop where what follows would come to the same."""
        if self.stopped_by:
            return
        config = task.config
        own_budget = any(each is not None for each in (config.budget_calls, config.budget_tokens, config.budget_usd))
        if ended.stopped_by == "budget" and not own_budget:
            self.stopped_by = "budget"  # those that run end by themselves
        elif len(self.ended) == FIRST_FAILURES and all(each.is_failed for each in self.ended):
            self.stop("failures")


def exit_code(conduct: Conduct, done: Sequence[int]) -> int:
    """0 all complete, 3 some failed, 4 budget, 130 interrupted; `done` are the codes of cells that were done before."""
    codes = {*done, *(each.code for each in conduct.ended)}
    if conduct.stopped_by == "failures":  # which cuts off the cells that run, as an interrupt does
        return WITH_FAILURES
    if INTERRUPTED in codes or (conduct.stopped_by == "interrupt" and conduct.unbegun):
        return INTERRUPTED
    if conduct.stopped_by == "budget" or OUT_OF_BUDGET in codes:
        return OUT_OF_BUDGET
    return COMPLETE if codes <= {COMPLETE} else WITH_FAILURES
