"""All cells in this process and event loop: those that use an endpoint share its one limiter, check and probe.

Knows what cells have in common; not in which order they come.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from sandbox.calls.budget import Budget
from sandbox.calls.endpoints import Endpoints
from sandbox.progress.events import Report
from sandbox.simulation.opening import Shared
from sandbox.society.plan import Plan
from sandbox.studies.run_cell import CellRun
from sandbox.studies.task import Ended, Task

JOBS: Final = 4


class Here:
    """Runs tasks whose plans `plan` makes, `jobs` at once, within `budget`, over `endpoints`."""

    def __init__(self, plan: Callable[[Task], Plan], jobs: int | None, budget: Budget, endpoints: Endpoints) -> None:
        self.jobs: Final = jobs or JOBS
        self._plan: Final = plan
        self._budget: Final = budget
        self._endpoints: Final = endpoints
        self._running: Final[set[CellRun]] = set()

    async def __aenter__(self) -> Self:
        await self._endpoints.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._endpoints.__aexit__(kind, error, trace)

    async def run(self, task: Task, report: Report) -> Ended:
        """Run one cell to its end."""
        running = CellRun(
            task, lambda: self._plan(task), report, Shared(self._endpoints, self._budget, task.cell.index)
        )
        self._running.add(running)
        try:
            return await running.run()
        finally:
            self._running.remove(running)

    def stop(self) -> None:
        """Stop every cell that runs."""
        for running in [*self._running]:
            running.stop()
