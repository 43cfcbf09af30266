"""The runs that commands are given by name: a run is itself, and a study all its complete runs.

Tells what it leaves out.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sandbox.errors import SandboxError, UsageError
from sandbox.runs.named import TOML, name_in_toml, run_path, study_path
from sandbox.runs.reading import Run, open_run
from sandbox.runs.study import Cell, Study, read_study
from sandbox.terminal import warn
from sandbox.text import counted, some, typed


def runs_named(names: Sequence[str], runs: Path, studies: Path) -> list[Run]:
    """The runs called so, in this order.

    Raises `UsageError` for a name that is none, and for a study without a complete run.
    """
    return [run for name in names for run in _runs(name, runs, studies)]


def told_apart(runs: Sequence[Run]) -> list[Run]:
    """The same; cells of several studies, or with the id of another run, under their names, `STUDY/CELL`."""
    several = len({run.study for run in runs if run.study}) > 1
    ids = Counter(run.manifest.run_id for run in runs)
    return [_renamed(run) if several or ids[run.manifest.run_id] > 1 else run for run in runs]


def _renamed(run: Run) -> Run:
    return run._replace(manifest=run.manifest.model_copy(update={"run_id": run.name}))


def _runs(name: str, runs: Path, studies: Path) -> list[Run]:
    if study := study_named(name, runs, studies):
        return [run for _, run in complete_cells(study)]
    return [open_run(name, runs, studies)]


def study_named(name: str, runs: Path, studies: Path) -> Study | None:
    """The study called so, unless a run is. Raises `UsageError` for one that was not begun."""
    if run_path(name, runs, studies):
        return None
    if path := study_path(name, runs, studies):
        return read_study(path)
    if name.endswith(TOML) and (called := name_in_toml(Path(name))):
        problem = f"{name} asks for the study {called}, which was not begun: it is not in {studies}."
        raise UsageError(f"{problem}\nBegin it: sandbox study run {typed(Path(name))}")
    return None


def complete_cells(study: Study) -> list[tuple[Cell, Run]]:
    """Those by index, but for retired ones; what is left out is told. Raises `UsageError` if there is none."""
    whole: list[tuple[Cell, Run]] = []
    left: list[str] = []
    for cell in (each for each in study.record.cells if not each.retired):
        try:
            found = study.cell_run(cell)
        except SandboxError as error:
            warn(str(error))
            left.append(f"{cell.name} (unreadable)")
        else:
            if found.run and found.status == "complete":
                whole.append((cell, found.run))
            else:
                left.append(f"{cell.name} ({found.status})")
    _tell(study, left, sum(each.retired for each in study.record.cells))
    if not whole:
        raise UsageError(f"{study.folder.path} has no complete run.\n{_go_on(study)}")
    return whole


def _tell(study: Study, left: Sequence[str], retired: int) -> None:
    """Warn of what is left out of the runs of `study`."""
    name = study.folder.name
    if retired:
        warn(f"{name}: {counted(retired, 'retired cell')} left out: the study has no such cells any more.")
    if left:
        warn(f"{name}: {counted(len(left), 'cell')} left out, not complete: {some(left)}. {_go_on(study)}")


def _go_on(study: Study) -> str:
    return f"Go on with it: sandbox study run {typed(study.folder.path)}"
