"""One cell as `sandbox simulate` alone would run it, and the reason when it cannot. Knows no other cell."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from sandbox.errors import SandboxError
from sandbox.progress.events import Report
from sandbox.runs.directory import RunDirectory
from sandbox.simulation.opening import Shared
from sandbox.simulation.simulation import Simulation
from sandbox.society.plan import Plan
from sandbox.studies.task import INTERRUPTED, Ended, Task

T = TypeVar("T")
_LONGEST: Final = 500  # characters that are told of an error that nobody wrote for people


class CellRun:
    """Runs `task`, whose plan `plan` makes, with what it has in common with others."""

    def __init__(self, task: Task, plan: Callable[[], Plan], report: Report, shared: Shared) -> None:
        self._task: Final = task
        self._plan: Final = plan
        self._report: Final = report
        self._shared: Final = shared
        self._simulation: Simulation | None = None
        self._running: asyncio.Task[Any] | None = None

    async def run(self) -> Ended:
        """Make or take up the run; how it ended. Raises nothing, whatever happens, but a cancellation from outside."""
        return await self._guarded(self._run)

    async def prepare(self) -> Ended | None:
        """Make the run, or see that it can be taken up, for another process; how it ended where that is not so."""
        return await self._guarded(self._prepare)

    def stop(self) -> None:
        """Make no more calls, finish those in flight; before the first call, or told again, end at once."""
        if self._simulation and self._simulation.stop():
            return
        if self._running:
            self._running.cancel()

    async def _run(self, simulation: Simulation) -> Ended:
        return Ended.with_manifest(self._task.cell, await simulation.run())

    async def _prepare(self, simulation: Simulation) -> None:
        await simulation.prepare()

    async def _guarded(self, work: Callable[[Simulation], Awaitable[T]]) -> T | Ended:
        self._running = running = asyncio.create_task(self._worked(work))
        try:
            return await running
        except asyncio.CancelledError:
            if running.cancelled():
                return Ended(self._task.cell.index, INTERRUPTED, self._task.status(), "interrupt")
            running.cancel()
            await asyncio.wait([running])
            raise

    async def _worked(self, work: Callable[[Simulation], Awaitable[T]]) -> T | Ended:
        cell = self._task.cell
        try:
            self._simulation = Simulation(self._plan(), self._task.origins, self._report, self._begun(), self._shared)
            return await work(self._simulation)
        except SandboxError as error:
            return Ended(cell.index, error.exit_code, self._task.status(), message=str(error))
        except Exception as error:  # noqa: BLE001  # a fault of ours in one cell ends no other
            said = f"Unexpected {type(error).__name__}: {str(error)[:_LONGEST]}\nThis is a fault of sandbox."
            return Ended(cell.index, 1, self._task.status(), message=said)

    def _begun(self) -> RunDirectory | None:
        """The run as far as it was begun."""
        directory = self._task.directory
        return directory if os.path.lexists(directory.path) else None
