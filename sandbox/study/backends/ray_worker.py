"""One cell in a worker of a Ray cluster: takes up the run that the parent made, while it holds the lease of the cell.

It neither raises nor exits: Ray takes both for a crash and runs the cell again. Knows a mailbox, no other cell.
"""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from sandbox.calls.prices import Prices
from sandbox.runs.reading import read_run
from sandbox.simulation.opening import Shared
from sandbox.simulation.run import in_loop
from sandbox.society.plan import Plan, make_plan
from sandbox.society.sources import Sources
from sandbox.study.backends.ray_lease import HeldLease
from sandbox.study.backends.ray_mailbox import Letter
from sandbox.study.backends.ray_nodes import Wanted, complaint, lacks, node_name
from sandbox.study.backends.told import Telling
from sandbox.study.run_cell import CellRun
from sandbox.study.task import INTERRUPTED, Ended, Task


class Job(NamedTuple):
    """What travels to a worker: the task as a document, prices, and what its node must have. No key does."""

    task: Mapping[str, Any]
    prices: Prices
    wanted: Wanted


def work(mailbox: Any, job: Job) -> Ended:
    """Run the cell of `job` until it ends, or a signal stops it, as that of `ray.cancel` does."""
    task = Task.from_document(job.task)
    index = task.cell.index
    try:
        import ray

        node = node_name(ray.util.get_node_ip_address(), ray.get_runtime_context().get_node_id())
        if told := complaint({node: lacks(job.wanted)}):  # a node that came after the others were looked at
            return Ended(index, 1, None, message=told)
        with HeldLease(mailbox, index) as lease:
            return in_loop(_Worker(mailbox, lease.number, task, job.prices).run())
    except KeyboardInterrupt:
        return Ended(index, INTERRUPTED, None, "interrupt")
    except Exception as error:  # noqa: BLE001  # what is raised may arrive as another class
        return Ended(index, 1, None, message=f"Unexpected {type(error).__name__}: {str(error)[:500]}")


class _Worker:
    """Work on the cell of `task` under the lease `number`, and letters from and to the parent."""

    def __init__(self, mailbox: Any, number: int, task: Task, prices: Prices) -> None:
        self._mailbox: Final = mailbox
        self._place: Final = (task.cell.index, number)
        self._task: Final = task
        self._prices: Final = prices
        self._outbox: Final[asyncio.Queue[Letter | None]] = asyncio.Queue()
        self._telling: Final = Telling(lambda told: self._outbox.put_nowait({"told": told}))

    async def run(self) -> Ended:
        """Run it; how it ended."""
        cell = CellRun(self._task, self._plan, self._telling.report, Shared())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, cell.stop)
        counting, sending = asyncio.create_task(self._telling.keep_counting()), asyncio.create_task(self._send())
        try:
            return await cell.run()
        finally:
            counting.cancel()
            self._outbox.put_nowait(None)
            await sending

    def _plan(self) -> Plan:
        """What the parent made the run from, as the run kept it: this node may have none of those files."""
        run = read_run(Path(self._task.config.runs, self._task.cell.name))
        return make_plan(self._task.config, run, _KnownPrices(self._prices))

    async def _send(self) -> None:
        """Send letters as they come, one message after the other so that they stay in order, until one is None."""
        letters: list[Letter | None] = []
        while None not in letters:
            letters = [await self._outbox.get()]
            while not self._outbox.empty():
                letters.append(self._outbox.get_nowait())
            await self._mailbox.say.remote(*self._place, [letter for letter in letters if letter])


class _KnownPrices(Sources):
    """Prices that the parent read."""

    def __init__(self, known: Prices) -> None:
        super().__init__()
        self._known: Final = known

    def prices(self, file: str | None, required: Sequence[str]) -> Prices:  # noqa: ARG002
        """Those that are known."""
        return self._known
