"""How a cell ended, and how a study did: in lines for people, and for programs. Knows endings, and reads their runs."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError
from sandbox.figures.change import alignment_change
from sandbox.progress.events import Finished
from sandbox.runs.reading import Run, read_run
from sandbox.runs.study import StudyFolder
from sandbox.studies.conduct import FIRST_FAILURES, Conduct
from sandbox.studies.task import OUT_OF_BUDGET, WITH_FAILURES, Ended, Task
from sandbox.text import change, counted, duration, money, typed


def how_a_cell_ended(task: Task, ended: Ended) -> Finished:
    """In a line: what it came to, or why not."""
    path = Path(task.config.runs, task.cell.name)
    document = {**ended._asdict(), "cell": task.cell.name, "path": str(path)}
    run = _run(path) if ended.status else None
    if run:
        document["totals"] = run.manifest.totals.model_dump(mode="json")
    if ended.message:
        said = " ".join(ended.message.splitlines()[:2])
        return Finished([f"{'failed' if ended.is_failed else 'stopped'}: {said}"], document)
    by = f" by {ended.stopped_by}" if ended.stopped_by else ""
    return Finished(["; ".join([f"{ended.status or 'stopped'}{by}", *(_figures(run) if run else ())])], document)


def _run(path: Path) -> Run | None:
    try:
        return read_run(path)
    except SandboxError:
        return None


def _figures(run: Run) -> Iterator[str]:
    totals = run.manifest.totals
    try:
        rounds = run.rounds()
    except SandboxError:
        rounds = []
    if rounds:
        yield f"alignment {change(*alignment_change(run, rounds))}"
    if totals.failed:
        yield f"{totals.failed} of {totals.planned} interactions failed"
    yield f"{totals.calls:,} calls, cost {money(totals.cost_usd)}, {duration(totals.wall_seconds)}"


def how_all_ended(conduct: Conduct, folder: StudyFolder, code: int, done: Sequence[int]) -> Finished:
    """How the study ended, and what to run next; `done` are the codes of cells that were so before."""
    complete = len(done) + sum(each.is_complete for each in conduct.ended)
    failed = sum(each.is_failed for each in conduct.ended)
    left = len(conduct.ended) + len(done) - complete - failed + conduct.unbegun
    lines = [f"Study {folder.path.name}: {counted(complete, 'cell')} complete, {failed} failed, {left} left."]
    if conduct.stopped_by == "failures":
        lines.append(f"The first {FIRST_FAILURES} cells that ended all failed, so no more were begun.")
    codes = [*done, *(each.code for each in conduct.ended if each.is_complete)]
    with_failures = codes.count(WITH_FAILURES)
    if with_failures:
        cells = counted(with_failures, "complete cell")
        lines.append(f"In {cells} interactions failed: --retry-failed asks for them again.")
    document: dict[str, Any] = {
        "path": str(folder.path), "exit_code": code, "stopped_by": conduct.stopped_by, "complete": complete,
        "failed": failed, "left": left, "with_failures": with_failures,
    }  # fmt: skip
    return Finished([*lines, _next(conduct, folder, whole=not (failed or left))], document)


def _next(conduct: Conduct, folder: StudyFolder, *, whole: bool) -> str:
    again = f"sandbox study run {typed(folder.path)}"
    if whole:
        return f"Look at it: sandbox study show {typed(folder.path)}"
    if conduct.stopped_by == "budget":
        return f"Go on with more: {again}, with a larger budget in its file or as --budget-usd, -tokens or -calls"
    if any(each.code == OUT_OF_BUDGET for each in conduct.ended):
        return f"Go on with more: {again}, with a larger budget of each cell in its file"
    if conduct.stopped_by == "failures":
        return f"Mend what they say, and go on: {again}"
    return f"Go on with it: {again}"
