"""Cells as tasks of a Ray cluster, each run again where its worker or node is lost; nodes are looked at before.

The parent makes each run as far as its first call, so that a node needs the study's folder and no other file. What
cells share stays with the parent; one actor has the leases of cells, and carries letters.
"""

from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sandbox.calls.budget import Budget
from sandbox.calls.endpoints import Endpoints
from sandbox.errors import SandboxError
from sandbox.progress.events import Report
from sandbox.runs.directory import RunDirectory
from sandbox.simulation.opening import Shared
from sandbox.society.plan import Plan
from sandbox.study.backends.ray_cluster import Cluster
from sandbox.study.backends.ray_post import Post
from sandbox.study.backends.ray_worker import Job, work
from sandbox.study.backends.told import Hearing
from sandbox.study.run_cell import CellRun
from sandbox.study.task import INTERRUPTED, Ended, Task


class OnRay:
    """Runs tasks whose plans `plan` makes on `cluster`, `jobs` at once, within `budget`, over `endpoints`."""

    def __init__(
        self, plan: Callable[[Task], Plan], jobs: int | None, budget: Budget, endpoints: Endpoints, cluster: Cluster
    ) -> None:
        self._plan: Final = plan
        self._jobs: Final = jobs
        self._budget: Final = budget
        self._endpoints: Final = endpoints
        self._cluster: Final = cluster
        self._stack = AsyncExitStack()
        self._stops: Final[list[Callable[[], object]]] = []
        self._is_stopped = False

    @property
    def jobs(self) -> int:
        """As many as were asked for, or as the cluster takes."""
        return self._jobs or self._cluster.size

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
            return ended or Ended(task.cell.index, INTERRUPTED, "running", "interrupt")
        return await self._run(task, Job(task.document(), plan().prices, self._cluster.wanted), report)

    def stop(self) -> None:
        """Stop every cell that runs, and begin none that waits for a core."""
        self._is_stopped = True
        for stop in [*self._stops]:
            stop()

    async def _run(self, task: Task, job: Job, report: Report) -> Ended:
        hearing = Hearing(report)
        with self._post.with_cell(task.cell.index, lambda _, letter: hearing.hear(letter.get("told", {}))) as letters:
            submitted = self._cluster.submit(work, job)
            with self._stopped_by(lambda: self._cluster.cancel(submitted)):
                try:
                    ended: Ended = await submitted
                except Exception as error:  # noqa: BLE001  # Ray says in many ways that it lost a task
                    return _lost(task, error)
            await letters.has_ended.wait()
            return ended

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

    try:
        status = RunDirectory(Path(task.config.runs, task.cell.name)).read_manifest().status
    except SandboxError:
        status = None
    if isinstance(error, TaskCancelledError):
        return Ended(task.cell.index, INTERRUPTED, status, "interrupt")
    what = f"Ray lost the worker of this cell again and again: {type(error).__name__}."
    return Ended(task.cell.index, 1, status, message=f"{what}\nIf its node lacks memory, use fewer --jobs.")
