"""Cells as tasks of a Ray cluster, each run again where its worker or node is lost; nodes are looked at before.

The parent makes each run as far as its first call, so that a node needs the study's folder and no other file. What
cells share stays with the parent; one actor has the leases of cells, and carries letters.
"""

from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import cache
from types import TracebackType
from typing import Final, Self

from agents.limits.limiter import Limiter
from sandbox.calls.budget import Budget
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.routes import Route, Settings, Wanted
from sandbox.calls.serving import limiter_of
from sandbox.progress.events import Report
from sandbox.simulation.opening import Shared
from sandbox.society.plan import Plan
from sandbox.studies.backends.ray_cell import Workers
from sandbox.studies.backends.ray_cluster import Cluster
from sandbox.studies.backends.ray_post import Post
from sandbox.studies.backends.ray_worker import Job, work
from sandbox.studies.leases.desk import Desk
from sandbox.studies.leases.wire import key_of
from sandbox.studies.run_cell import CellRun
from sandbox.studies.task import INTERRUPTED, Ended, Task


class OnRay:
    """Runs tasks whose plans `plan` makes on `cluster`, each by a core of its own.

    They spend within `budget`, at endpoints that are `wanted`: these are checked and probed here alone, as `settings`
    say how long to wait. `tell` hears of them.
    """

    def __init__(
        self,
        plan: Callable[[Task], Plan],
        budget: Budget,
        wanted: Wanted,
        settings: Settings,
        tell: Callable[[str], object],
        cluster: Cluster,
    ) -> None:
        self._plan: Final = plan
        self._budget: Final = budget
        self._wanted: Final = wanted
        self._cluster: Final = cluster
        self._desk: Final = Desk(budget)
        self._endpoints: Final = Endpoints(wanted, settings, tell, limiter=self._limiter, on_demand=True)
        self._stack = AsyncExitStack()
        self._stops: Final[list[Callable[[], object]]] = []
        self._is_stopped = False

    @property
    def jobs(self) -> int:
        """How many cells run at once."""
        return self._cluster.jobs

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._cluster)
            await stack.enter_async_context(self._endpoints)
            self._post = await stack.enter_async_context(Post(self._cluster.mailbox))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def run(self, task: Task, report: Report) -> Ended:
        """Run one cell to its end."""
        plan = cache(lambda: self._plan(task))
        cell = CellRun(task, plan, report, Shared(self._endpoints))
        with self._stopped_by(cell.stop):
            ended = await cell.prepare()
        if ended or self._is_stopped:
            return ended or Ended(task.cell.index, INTERRUPTED, task.status(), "interrupt")
        # An embedded model is each worker's own, and its key does not travel.
        found = [each for each in self._endpoints.found(plan().routes) if each.server is None]
        job = Job(task.document(), plan().prices, self._cluster.wanted, found, self._budget.limits)
        return await self._run(task, job, report)

    def stop(self) -> None:
        """Stop every cell that runs, and begin none that waits for a core."""
        self._is_stopped = True
        for stop in [*self._stops]:
            stop()

    async def _run(self, task: Task, job: Job, report: Report) -> Ended:
        workers = Workers(task, self._desk, self._post, report)
        with self._post.with_cell(task.cell.index, workers.hear) as letters:
            submitted = self._cluster.submit(work, job)
            with self._stopped_by(lambda: self._cluster.cancel(submitted)):
                try:
                    result: tuple[Ended, bool] = await submitted
                except Exception as error:  # noqa: BLE001  # Ray says in many ways that it lost a task
                    workers.lost()
                    return _lost(task, error)
            ended, had_lease = result
            workers.ended() if had_lease and await letters.end() else workers.lost()
            return ended if ended.status else ended._replace(status=task.status())

    def _limiter(self, route: Route, bound: int, first: int) -> Limiter:
        limiter = limiter_of(self._wanted.settings[route], bound, first)
        self._desk.add(key_of(route), limiter)
        return limiter

    @contextmanager
    def _stopped_by(self, stop: Callable[[], object]) -> Iterator[None]:
        self._stops.append(stop)
        try:
            yield
        finally:
            self._stops.remove(stop)


def _lost(task: Task, error: Exception) -> Ended:
    """The task was cancelled before it could answer, or its worker was lost too often."""
    from ray.exceptions import TaskCancelledError

    if isinstance(error, TaskCancelledError):
        return Ended(task.cell.index, INTERRUPTED, task.status(), "interrupt")
    what = f"Ray lost the worker of this cell again and again: {type(error).__name__}."
    return Ended(task.cell.index, 1, task.status(), message=f"{what}\nIf its node lacks memory, use fewer --jobs.")
