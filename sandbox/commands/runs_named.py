"""The runs that commands are given by name: a run is itself, and a study all its complete runs.

Tells what it leaves out.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sandbox.errors import UsageError
from sandbox.runs.complete_cells import complete_cells
from sandbox.runs.named import TOML, name_in_toml, run_path, study_path
from sandbox.runs.reading import Run, open_run
from sandbox.runs.study import Cell, Study, read_study
from sandbox.terminal import warn
from sandbox.text import typed


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
        return [run for _, run in cells_of(study)]
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


def cells_of(study: Study) -> list[tuple[Cell, Run]]:
    """Its complete cells by index, but for retired ones; what is left out is told. Raises `UsageError` if none is."""
    found = complete_cells(study)
    for note in found.notes:
        warn(note)
    return found.some()
