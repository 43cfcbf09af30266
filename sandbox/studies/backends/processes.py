"""Cells in processes of their own, each watched by itself; all borrow from the limits and the budget that are here.

A pool of the standard library does not do: one killed worker breaks it whole. Knows workers and how they end; not
what is lent, nor in which order cells come.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from agents.endpoints.local import cores
from agents.limits.limiter import Limiter
from sandbox.calls.budget import Budget
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.routes import Route, Settings, Wanted
from sandbox.calls.serving import limiter_of
from sandbox.errors import SandboxError
from sandbox.progress.events import Note, Report
from sandbox.society.plan import Plan
from sandbox.studies.backends.dead import journalled, spent_by_now
from sandbox.studies.backends.forking import preload
from sandbox.studies.backends.process import WorkerProcess
from sandbox.studies.backends.process_worker import Job
from sandbox.studies.leases.desk import Desk
from sandbox.studies.leases.wire import key_of
from sandbox.studies.task import INTERRUPTED, Ended, Task

# So often in a row a worker may die without a call of its cell being finished.
MOST_DEATHS: Final = 3


class Processes:
    """Runs tasks whose plans `plan` makes, `jobs` at once (by default as many as there are processors).

    They spend within `budget`, and ask at endpoints that are `wanted`: each is checked and probed here alone, before
    the first cell that asks there. `settings` say how long to wait for one, and `tell` hears of that.
    """

    def __init__(
        self,
        plan: Callable[[Task], Plan],
        jobs: int | None,
        budget: Budget,
        wanted: Wanted,
        settings: Settings,
        tell: Callable[[str], object],
    ) -> None:
        self.jobs: Final = jobs or cores()
        self._plan: Final = plan
        self._budget: Final = budget
        self._wanted: Final = wanted
        self._desk: Final = Desk(budget)
        self._endpoints: Final = Endpoints(wanted, settings, tell, limiter=self._limiter, on_demand=True)
        self._running: Final[dict[int, WorkerProcess]] = {}
        self._preparing: Final[set[asyncio.Task[None]]] = set()
        self._is_stopping = False

    async def __aenter__(self) -> Self:
        preload()
        await self._endpoints.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._endpoints.__aexit__(kind, error, trace)

    async def run(self, task: Task, report: Report) -> Ended:
        """Run one cell to its end, by one process after the other should they die."""
        index, plan = task.cell.index, self._plan(task)
        preparing = asyncio.create_task(self._prepare(plan, report))
        self._preparing.add(preparing)
        try:
            await asyncio.wait([preparing])
            if not preparing.cancelled():
                preparing.result()
                return await self._lives(task, plan, report)
            return Ended(index, INTERRUPTED, None, "interrupt")
        except SandboxError as error:
            return Ended(index, error.exit_code, None, message=str(error))
        finally:
            preparing.cancel()
            self._preparing.discard(preparing)

    def stop(self) -> None:
        """Have every worker finish what it has in flight; told again, kill them."""
        for preparing in self._preparing:
            preparing.cancel()
        for worker in [*self._running.values()]:
            worker.kill() if self._is_stopping else worker.stop()
        self._is_stopping = True

    async def _prepare(self, plan: Plan, report: Report) -> None:
        """Find out what the endpoints of `plan` take. Raises `SandboxError`."""
        told = len(self._endpoints.warnings)
        await self._endpoints.open(plan.routes)
        await self._endpoints.probe(plan.routes)
        for text in self._endpoints.warnings[told:]:
            report(Note(text, warning=True))

    async def _lives(self, task: Task, plan: Plan, report: Report) -> Ended:
        """Work on `task` until a process says how that ended, or too many of them died."""
        job = Job(task, plan, self._endpoints.found(plan.routes), self._budget.limits)
        deaths = 0
        while deaths < MOST_DEATHS and not self._is_stopping:
            before = journalled(task)
            worker = await self._life(job, report)
            if worker.ended:
                return worker.ended
            deaths = 1 if journalled(task) > before else deaths + 1
            if not self._is_stopping and deaths < MOST_DEATHS:
                report(Note(f"Its process died ({_how(worker)}): it goes on in another one.", warning=True))
        if self._is_stopping:
            return Ended(task.cell.index, INTERRUPTED, None, "interrupt")
        said = f"Its process died {MOST_DEATHS} times in a row ({_how(worker)}), with no call finished."
        return Ended(task.cell.index, 1, None, message=f"{said}\nIf memory is short, take fewer --jobs.")

    async def _life(self, job: Job, report: Report) -> WorkerProcess:
        """One process that works on `job`, from its start to its end; what it borrowed is back then."""
        task, desk = job.task, self._desk
        before = await asyncio.to_thread(spent_by_now, task)
        worker = self._running[task.cell.index] = WorkerProcess(job, desk, report)
        try:
            await worker.run()
        finally:
            del self._running[task.cell.index]
            now = None if worker.ended else spent_by_now(task, desk.in_flight(task.cell.index))
            desk.leave(task.cell.index, now and now.minus(before))
        return worker

    def _limiter(self, route: Route, bound: int, first: int) -> Limiter:
        limiter = limiter_of(self._wanted.settings[route], bound, first)
        self._desk.add(key_of(route), limiter)
        return limiter


def _how(worker: WorkerProcess) -> str:
    code = worker.exit_code
    return "not started" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"
