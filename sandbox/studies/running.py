"""Runs the cells that are left of a study, and tells how they go. Prints nothing, and knows no signal."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from sandbox.calls.budget import Budget, Limits
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.keys import key_variables
from sandbox.calls.union import Union
from sandbox.errors import SandboxError
from sandbox.progress.cells import CellsDisplay
from sandbox.progress.events import Event, Note
from sandbox.runs.study import StudyFolder, read_study
from sandbox.society.plan import Plan, make_plan
from sandbox.studies.backends.backend import Backend
from sandbox.studies.backends.here import Here
from sandbox.studies.backends.on_ray import OnRay
from sandbox.studies.backends.processes import Processes
from sandbox.studies.backends.ray_cluster import Cluster
from sandbox.studies.budget import study_budget
from sandbox.studies.conduct import Conduct, exit_code
from sandbox.studies.embedding import embed_all
from sandbox.studies.endings import how_a_cell_ended, how_all_ended
from sandbox.studies.options import StudyOptions
from sandbox.studies.planning import PlannedCell, StudyPlan
from sandbox.studies.task import COMPLETE, WITH_FAILURES, Ended, Task
from sandbox.text import counted


class Running:
    """The work on `tasks`, which are what is left of `cells`; `display` is told of all that happens."""

    def __init__(
        self,
        plan: StudyPlan,
        cells: Sequence[PlannedCell],
        tasks: Sequence[Task],
        options: StudyOptions,
        display: CellsDisplay,
    ) -> None:
        self._plan: Final = plan
        self._tasks: Final = tasks
        self._options: Final = options
        left = {task.cell.index for task in tasks}
        self._routes: Final = [each.routes for each in cells if each.cell.index in left]
        self._done: Final = [each for each in cells if each.cell.index not in left]
        self._display: Final = display
        self._conduct: Final = Conduct(tasks, self._report)

    @property
    def stopped_by(self) -> str | None:
        """Why it ended early, if it did."""
        return self._conduct.stopped_by

    def stop(self) -> bool:
        """Begin no more cells, and finish what is in flight. False if there is nothing to wait for."""
        return self._conduct.stop("interrupt")

    async def run(self) -> int:
        """Run them; what it comes to for a shell."""
        if self._tasks:
            await self._embed()
            async with self._backend() as backend:
                await self._conduct.run(backend)
        before = [WITH_FAILURES if each.run and each.run.manifest.totals.failed else COMPLETE for each in self._done]
        code = exit_code(self._conduct, before)
        if self._options.cell is None:
            _write_table(self._plan.folder)
        self._display.finished(how_all_ended(self._conduct, self._plan.folder, code, before))
        return code

    async def _embed(self) -> None:
        """Make the vectors of all cells, which a thread does that cannot be cancelled."""
        self._display.note(Note(f"Embedding the questions of {counted(len(self._tasks), 'cell')}."))
        stopped = threading.Event()
        try:
            embedded = await asyncio.to_thread(embed_all, map(self._plan_of, self._tasks), stopped.is_set)
        except asyncio.CancelledError:
            stopped.set()
            raise
        for text in embedded.notes:
            self._display.note(Note(text, warning=True))

    def _backend(self) -> Backend:
        configs = [task.config for task in self._tasks]
        options, wanted, budget = self._options, Union(self._routes), self._budget()
        if options.on == "ray":
            cluster = Cluster(options.address, options.jobs, self._plan.folder.path, key_variables(wanted))
            return OnRay(self._plan_of, budget, wanted, configs[0], self._tell, cluster)
        if options.on == "processes":
            return Processes(self._plan_of, options.jobs, budget, wanted, configs[0], self._tell)
        endpoints = Endpoints(wanted, configs[0], self._tell, on_demand=True)
        return Here(self._plan_of, options.jobs, budget, endpoints)

    def _tell(self, text: str) -> None:
        self._display.note(Note(text))

    def _budget(self) -> Budget:
        options = self._options
        limits = Limits.of(options)
        return study_budget(self._plan, limits, self._tasks[0].cell if options.cell is not None else None)

    def _plan_of(self, task: Task) -> Plan:
        return make_plan(task.config, None, self._plan.sources)

    def _report(self, task: Task, event: Event | Ended) -> None:
        cell = {"cell": task.cell.name, "index": task.cell.index}
        if isinstance(event, Ended):
            self._display.ended(cell, how_a_cell_ended(task, event))
        else:
            self._display.show(cell, event)


def _write_table(folder: StudyFolder) -> None:
    """The table of what there is now; `study show` makes it anew where it cannot be written."""
    from sandbox.figures.study.cells import figures_of
    from sandbox.figures.study.table import write_table

    with suppress(OSError, SandboxError):
        write_table(figures_of(read_study(folder.path)))
