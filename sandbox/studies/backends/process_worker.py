"""One cell in a process of its own: what it asks for goes through a pipe to the parent, and nothing to a terminal."""

import asyncio
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

from agents.limits.limiter import Limiter
from agents.limits.slot import Gate
from sandbox.calls.budget import Limits
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.found import Found
from sandbox.calls.routes import Route
from sandbox.errors import SandboxError
from sandbox.runs.locking import is_held
from sandbox.simulation.loop import in_loop
from sandbox.simulation.opening import Shared
from sandbox.society.plan import Plan
from sandbox.studies.backends.pipe import Pipe
from sandbox.studies.backends.told import Telling
from sandbox.studies.leases.leases import Leases
from sandbox.studies.leases.wire import key_of
from sandbox.studies.run_cell import CellRun
from sandbox.studies.task import INTERRUPTED, Ended, Task

# A worker whose parent was killed finishes what it has in flight: the next one waits for it.
_POLL_SECONDS: Final = 0.1


class Job(NamedTuple):
    """What travels to a worker: its task and plan, what is known of its endpoints, and the study's limits."""

    task: Task
    plan: Plan
    found: Sequence[Found]
    limits: Limits


def work(end: socket.socket, job: Job) -> None:
    """Run the cell of `job`, with the parent at the other end of `end`; never returns."""
    os.setsid()  # Ctrl-C is for the parent
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    in_loop(_Worker(job).run(end))
    os._exit(0)  # threads of libraries keep nobody waiting


class _Worker:
    def __init__(self, job: Job) -> None:
        self._job: Final = job
        self._cell: CellRun | None = None
        self._stopping: Final = asyncio.Event()
        self._leases: Leases | None = None

    async def run(self, end: socket.socket) -> None:
        """Run the cell, and tell how it ended."""
        pipe = await Pipe.over(end, self._hear)
        # Without a parent nothing more is lent: what is in flight is finished, and the run is left as it is then.
        pipe.closed.add_done_callback(lambda _: self._stop())
        telling = Telling(lambda told: pipe.send({"told": told}))
        self._leases = leases = Leases(lambda message: pipe.send({"lease": message}), self._job.limits)
        counting = asyncio.create_task(telling.keep_counting())
        try:
            ended = await self._run(leases, telling)
        finally:
            counting.cancel()
        leases.farewell()
        pipe.send({"ended": ended})
        pipe.close()
        await pipe.closed

    async def _run(self, leases: Leases, telling: Telling) -> Ended:
        job = self._job
        config = job.plan.config

        def limiter(route: Route, bound: int, first: int) -> Gate:
            if route.place == "scripted" and not (config.rpm or config.tpm):
                return Limiter(bound, first=first)
            return leases.limiter(key_of(route), bound)

        await self._until_free()
        try:
            async with Endpoints(job.plan.routes, config, found=job.found, limiter=limiter) as endpoints:
                shared = Shared(endpoints, leases.budget)
                self._cell = CellRun(job.task, lambda: job.plan, telling.report, shared)
                if self._stopping.is_set():
                    return Ended(job.task.cell.index, INTERRUPTED, None, "interrupt")
                return await self._cell.run()
        except SandboxError as error:
            return Ended(job.task.cell.index, error.exit_code, None, message=str(error))

    async def _until_free(self) -> None:
        """Wait for a worker that was left behind, as long as one call may take."""
        config, loop = self._job.plan.config, asyncio.get_running_loop()
        run = self._job.task.directory
        until = loop.time() + config.timeout
        while is_held(run) and loop.time() < until and not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _POLL_SECONDS)

    def _hear(self, message: Mapping[str, Any]) -> None:
        if "stop" in message:
            self._stop()
        elif self._leases:
            self._leases.receive(message["lease"])

    def _stop(self) -> None:
        self._stopping.set()
        if self._cell:
            self._cell.stop()
