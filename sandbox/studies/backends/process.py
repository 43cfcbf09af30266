"""The parent's side of one worker: its process, watched in the event loop, and what it says.

Knows one cell, from the start of a process to its end however that comes.
"""

import asyncio
import socket
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from typing import Any, Final

from sandbox.progress.events import Report
from sandbox.studies.backends.forking import CONTEXT
from sandbox.studies.backends.pipe import Pipe
from sandbox.studies.backends.process_worker import Job, work
from sandbox.studies.backends.told import Hearing
from sandbox.studies.leases.desk import Desk
from sandbox.studies.task import Ended


class WorkerProcess:
    """A process that works on `job` and borrows from `desk`; `ended` is what it said last."""

    def __init__(self, job: Job, desk: Desk, report: Report) -> None:
        self._job: Final = job
        self._cell: Final = job.task.cell.index
        self._desk: Final = desk
        self._hearing: Final = Hearing(report)
        self._process: ForkServerProcess | None = None
        self._pipe: Pipe | None = None
        self._is_stopping = False
        self.ended: Ended | None = None
        self.exit_code: int | None = None

    async def run(self) -> None:
        """From its start until it is gone; what it borrowed is still lent then. Cancelled, it is killed first."""
        ours, theirs = socket.socketpair()
        process = CONTEXT.Process(target=work, args=(theirs, self._job), daemon=True)
        starting = asyncio.create_task(asyncio.to_thread(process.start))
        try:
            self._pipe = pipe = await Pipe.over(ours, self._hear)
            self._desk.join(self._cell, lambda message: pipe.send({"lease": message}))
            try:
                await asyncio.shield(starting)
            except (OSError, EOFError):  # there is none, or it died before it began
                return
            theirs.close()
            self._process = process
            if self._is_stopping:
                self.stop()
            await pipe.closed
            await _exited(process)
        finally:
            await asyncio.wait([starting])
            theirs.close()
            if starting.exception() is None:
                process.kill()
                await asyncio.shield(_exited(process))
                process.join()
                self.exit_code = process.exitcode
            if self._pipe:
                self._pipe.close()

    def stop(self) -> None:
        """Have it finish what is in flight and end."""
        self._is_stopping = True
        if self._process and self._pipe:
            self._pipe.send({"stop": True})

    def kill(self) -> None:
        """End it at once."""
        if self._process:
            self._process.kill()

    def _hear(self, message: Mapping[str, Any]) -> None:
        match message:
            case {"lease": lease}:
                self._desk.receive(self._cell, lease)
            case {"told": told}:
                self._hearing.hear(told)
            case {"ended": ended}:
                self.ended = Ended(*ended)


async def _exited(process: ForkServerProcess) -> None:
    """Wait until it is gone."""
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process.sentinel, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(process.sentinel)
