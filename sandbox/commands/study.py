"""`sandbox study run`: plans every cell, and then forecasts, or makes or opens the folder and runs what is left."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.commands.confirming import confirm
from sandbox.commands.endings import INTERRUPTED, answer_signals
from sandbox.commands.streams import leave
from sandbox.commands.study_view import forecast_answer
from sandbox.inspection.output import deliver
from sandbox.options.resolution import resolve
from sandbox.preparing.studying import asked
from sandbox.progress.alive import alive
from sandbox.progress.cells import CellsDisplay, CellsJson, CellsLog, CellsPanel
from sandbox.progress.course import Course
from sandbox.simulation.loop import in_loop
from sandbox.studies.finding import find_study
from sandbox.studies.forecast import calls_left
from sandbox.studies.opening import opened
from sandbox.studies.options import StudyOptions
from sandbox.studies.planning import PlannedCell
from sandbox.studies.running import Running
from sandbox.terminal import error_console


def run_study(word: str, flags: Mapping[str, Any], *, dry_run: bool) -> int:
    """Run the study that `word` means, go on with it, or forecast; the exit code."""
    early = resolve(StudyOptions, flags, None, only={"studies", "json"}).config
    found = find_study(word, early.studies)
    with alive("Planning all cells"):
        wish = asked(found, flags)
    options, plan, cells = wish.options, wish.plan, wish.cells
    if dry_run:
        deliver(forecast_answer(plan, cells, options), json=options.json)
        return 0
    tasks = wish.tasks()
    confirm(wish.cost())
    display = _display(plan.file.name, cells, len(cells) - len(tasks), json=options.json)
    with opened(plan, found.record, alone=options.cell is None):
        return in_loop(_run(Running(plan, cells, tasks, options, display), display))


async def _run(running: Running, display: CellsDisplay) -> int:
    """Run what is left and show it on `display`; the exit code."""
    answer_signals(running.stop, display)
    try:
        with display:
            return await running.run()
    except asyncio.CancelledError:
        leave(INTERRUPTED)


def _display(name: str, cells: Sequence[PlannedCell], done: int, *, json: bool) -> CellsDisplay:
    if json:
        return CellsJson(sys.stdout.buffer, error_console())
    calls = sum(each.forecast.all_calls for each in cells)
    course = Course(name, len(cells), calls, done, calls - sum(map(calls_left, cells)))
    return CellsPanel(error_console(), course) if error_console().is_terminal else CellsLog(error_console(), course)
