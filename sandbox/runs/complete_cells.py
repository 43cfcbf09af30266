"""The complete runs of a study, and what of it is left out. Knows no terminal."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sandbox.errors import SandboxError, UsageError
from sandbox.runs.reading import Run
from sandbox.runs.study import Cell, Study
from sandbox.text import counted, some, typed


class Complete(NamedTuple):
    """Cells of a study by index with their complete runs, and in words what is left out."""

    study: Study
    cells: list[tuple[Cell, Run]]
    notes: list[str]

    def some(self) -> list[tuple[Cell, Run]]:
        """The cells. Raises `UsageError` if there is none."""
        if not self.cells:
            raise UsageError(f"{self.study.folder.path} has no complete run.\n{_go_on(self.study)}")
        return self.cells


def complete_cells(study: Study) -> Complete:
    """Those of `study`, but for retired ones."""
    whole: list[tuple[Cell, Run]] = []
    left: list[str] = []
    notes: list[str] = []
    for cell in (each for each in study.record.cells if not each.retired):
        try:
            found = study.cell_run(cell)
        except SandboxError as error:
            notes.append(str(error))
            left.append(f"{cell.name} (unreadable)")
        else:
            if found.run and found.status == "complete":
                whole.append((cell, found.run))
            else:
                left.append(f"{cell.name} ({found.status})")
    notes += _left_out(study, left, sum(each.retired for each in study.record.cells))
    return Complete(study, whole, notes)


def _left_out(study: Study, left: Sequence[str], retired: int) -> Iterator[str]:
    name = study.folder.name
    if retired:
        yield f"{name}: {counted(retired, 'retired cell')} left out: the study has no such cells any more."
    if left:
        yield f"{name}: {counted(len(left), 'cell')} left out, not complete: {some(left)}. {_go_on(study)}"


def _go_on(study: Study) -> str:
    return f"Go on with it: sandbox study run {typed(study.folder.path)}"
