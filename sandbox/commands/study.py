"""`sandbox study run`: plans every cell, and then forecasts, or makes or opens the folder and runs what is left."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.calls.costly import costly
from sandbox.commands.confirming import confirm
from sandbox.commands.study_running import Running
from sandbox.commands.study_view import forecast_answer
from sandbox.errors import UsageError
from sandbox.inspection.output import deliver
from sandbox.options.resolution import Resolved, Source, flag_shown, merged, resolve, variables
from sandbox.progress.alive import alive
from sandbox.simulation.run import in_loop
from sandbox.studies.backends.ray_start import check_ray
from sandbox.studies.finding import Found, find_study
from sandbox.studies.forecast import left
from sandbox.studies.opening import opened
from sandbox.studies.options import StudyOptions
from sandbox.studies.planning import PlannedCell, StudyPlan, missing_keys, plan_study
from sandbox.studies.settings import source_of
from sandbox.studies.task import Task


def run_study(word: str, flags: Mapping[str, Any], *, dry_run: bool) -> int:
    """Run the study that `word` means, go on with it, or forecast; the exit code."""
    early = resolve(StudyOptions, flags, None, only={"studies", "json"}).config
    found = find_study(word, early.studies)
    options = _resolved(flags, found).config
    _check_backend(options)
    with alive("Planning all cells"):
        before = found.record.cells if found.record else ()
        plan = plan_study(found.file, found.folder, before, costs=options.budget_usd is not None)
    cells = _chosen(plan, options)
    if dry_run:
        deliver(forecast_answer(plan, cells, options), json=options.json)
        return 0
    tasks = _tasks(plan, cells, options)
    due = {task.cell.index for task in tasks}
    _check_keys([each for each in cells if each.cell.index in due])
    _confirm(cells, options)
    with opened(plan, found.record, alone=options.cell is None):
        return in_loop(Running(plan, cells, tasks, options).run())


def _check_backend(options: StudyOptions) -> None:
    """Raises `UsageError` where cells cannot run as they should."""
    if options.on == "ray":
        check_ray(options.address)
    elif options.address:
        raise UsageError(f"--address {options.address} is of a Ray cluster: it needs --on ray.")


def _resolved(flags: Mapping[str, Any], found: Found) -> Resolved[StudyOptions]:
    """What flags say beats variables, and these beat the file."""
    given = {name: value for name, value in flags.items() if value is not None}
    of_file = source_of(found.file.budget)
    return merged(StudyOptions, [of_file, variables(StudyOptions), Source("flag", given, flag_shown)])


def _chosen(plan: StudyPlan, options: StudyOptions) -> Sequence[PlannedCell]:
    if options.cell is None:
        return plan.cells
    found = [each for each in plan.cells if each.cell.index == options.cell]
    if not found:
        last = max(each.cell.index for each in plan.cells)
        raise UsageError(f"--cell {options.cell}: {plan.file.name} has no such cell: they go from 0 to {last}.")
    return found


def _tasks(plan: StudyPlan, cells: Sequence[PlannedCell], options: StudyOptions) -> list[Task]:
    """What is to be done: cells that are not, and with --retry-failed those in which something failed."""
    due = [
        each
        for each in cells
        if not each.is_done or (options.retry_failed and each.run and each.run.manifest.totals.failed)
    ]
    return [Task.of(each, plan.folder, retry_failed=options.retry_failed) for each in due]


def _check_keys(due: Sequence[PlannedCell]) -> None:
    if missing := missing_keys(due):
        these = "it" if len(missing) == 1 else "them"
        raise UsageError(f"{', '.join(missing)}: no key is there, and cells need {these}. Set {these}, and try again.")


def _confirm(cells: Sequence[PlannedCell], options: StudyOptions) -> None:
    """Ask once before an expensive study. Raises `SandboxError` unless agreed to."""
    if options.yes or not (cost := left(cells).cost_usd):
        return
    most = options.budget_usd or float("inf")
    confirm(costly("This study", *(min(each, most) for each in cost)))
