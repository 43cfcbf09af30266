"""One cell in a worker of a Ray cluster: takes up the run that the parent made, while it holds the lease of the cell.

It neither raises nor exits: Ray takes both for a crash and runs the cell again. Knows a mailbox, no other cell.
"""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from agents.limits.slot import Gate
from sandbox.calls.budget import Limits
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.found import Found
from sandbox.calls.prices import Prices
from sandbox.calls.routes import Route
from sandbox.calls.serving import limiter_of
from sandbox.errors import SandboxError
from sandbox.runs.reading import read_run
from sandbox.simulation.loop import in_loop
from sandbox.simulation.opening import Shared
from sandbox.society.plan import Plan, make_plan
from sandbox.society.sources import Sources
from sandbox.studies.backends.ray_lease import HeldLease
from sandbox.studies.backends.ray_mailbox import LEASE, TOLD, WELCOME, Letter
from sandbox.studies.backends.ray_nodes import Wanted, complaint, lacks, node_name
from sandbox.studies.backends.told import Telling
from sandbox.studies.leases.leases import Leases
from sandbox.studies.leases.wire import key_of
from sandbox.studies.run_cell import CellRun
from sandbox.studies.task import INTERRUPTED, Ended, Task


class Job(NamedTuple):
    """What travels to a worker; no key does.

    The task as a document, prices, what its node must have, what the parent found out about endpoints, and the limits
    of the study's budget.
    """

    task: Mapping[str, Any]
    prices: Prices
    wanted: Wanted
    found: Sequence[Found]
    limits: Limits


def work(mailbox: Any, job: Job) -> tuple[Ended, bool]:
    """Run the cell of `job` until it ends, or a signal stops it, as that of `ray.cancel` does.

    How it ended, and whether it had a lease, whose end is told to the parent.
    """
    task, had_lease = Task.from_document(job.task), False
    index = task.cell.index
    try:
        import ray

        node = node_name(ray.util.get_node_ip_address(), ray.get_runtime_context().get_node_id())
        if told := complaint({node: lacks(job.wanted)}):  # a node that came after the others were looked at
            return Ended(index, 1, None, message=told), False
        with HeldLease(mailbox, index) as lease:
            had_lease = True
            return in_loop(_Worker(mailbox, lease.number, task, job).run()), True
    except KeyboardInterrupt:
        return Ended(index, INTERRUPTED, None, "interrupt"), had_lease
    except Exception as error:  # noqa: BLE001  # what is raised may arrive as another class
        return Ended(index, 1, None, message=f"Unexpected {type(error).__name__}: {str(error)[:500]}"), had_lease


class _Worker:
    """Work on the cell of `task` under the lease `number`, and letters from and to the parent."""

    def __init__(self, mailbox: Any, number: int, task: Task, job: Job) -> None:
        self._mailbox: Final = mailbox
        self._place: Final = (task.cell.index, number)
        self._task: Final = task
        self._job: Final = job
        self._outbox: Final[asyncio.Queue[Letter | None]] = asyncio.Queue()
        self._welcome: Final = asyncio.Event()
        self._leases: Final = Leases(lambda message: self._outbox.put_nowait({LEASE: message}), job.limits)
        self._cell: CellRun | None = None
        self._running: asyncio.Task[Ended] | None = None

    async def run(self) -> Ended:
        """Run it; how it ended."""
        telling = Telling(lambda told: self._outbox.put_nowait({TOLD: told}))
        self._running = asyncio.create_task(self._run(telling))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        beside = [asyncio.create_task(each) for each in (self._hear(), telling.keep_counting())]
        sending = asyncio.create_task(self._send())
        try:
            return await self._running
        except asyncio.CancelledError:
            return Ended(self._task.cell.index, INTERRUPTED, None, "interrupt")
        finally:
            for each in beside:
                each.cancel()
            self._leases.farewell()
            self._outbox.put_nowait(None)
            await sending

    async def _run(self, telling: Telling) -> Ended:
        """Wait until the parent has settled what a worker before may have spent, and run the cell."""
        task, job = self._task, self._job
        await self._welcome.wait()
        try:
            plan = self._plan()
            async with Endpoints(plan.routes, plan.config, found=job.found, limiter=self._limiter) as endpoints:
                shared = Shared(endpoints, self._leases.budget, task.cell.index)
                self._cell = CellRun(task, lambda: plan, telling.report, shared)
                return await self._cell.run()
        except SandboxError as error:
            return Ended(task.cell.index, error.exit_code, None, message=str(error))

    def _plan(self) -> Plan:
        """What the parent made the run from, as the run kept it: this node may have none of those files."""
        run = read_run(self._task.directory.path)
        return make_plan(self._task.config, run, _KnownPrices(self._job.prices))

    def _limiter(self, route: Route, bound: int, first: int) -> Gate:
        """Models of this process are nobody else's."""
        if route.place == "http":
            return self._leases.limiter(key_of(route), bound)
        config = self._task.config
        return limiter_of(config, bound, first)

    def _stop(self) -> None:
        if self._cell:
            self._cell.stop()
        elif self._running:
            self._running.cancel()

    async def _hear(self) -> None:
        """Take in letters of the parent, until cancelled."""
        while True:
            for letter in await self._mailbox.hear.remote(*self._place):
                if WELCOME in letter:
                    self._welcome.set()
                else:
                    self._leases.receive(letter[LEASE])

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
