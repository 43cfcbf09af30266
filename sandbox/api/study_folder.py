"""A study as Python code holds it: where it lies, its cells and how they stand. Knows no terminal."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sandbox.api.work import Work, ended
from sandbox.errors import SandboxError
from sandbox.runs import study
from sandbox.runs.study import Cell, StudyRecord


class Study(Work):
    """A study: what `sandbox.study` gives. Its runs are `sandbox.load(study)`.

    `record` is what its folder says of it: the axes, and the cells with their values. `errors` are those that ended
    cells of that call, by the names of the cells.
    """

    _noun = "Study"

    def __init__(
        self, found: study.Study, stopped_by: str | None = None, errors: Mapping[str, str] | None = None
    ) -> None:
        self._found: Final = found
        self.errors: Final = errors or {}
        self.stopped_by: Final = stopped_by
        self.statuses: Final[Mapping[str, str]] = {
            cell.name: _status(found, cell) for cell in found.record.cells if not cell.retired
        }

    @property
    def path(self) -> Path:
        """Its folder."""
        return self._found.folder.path

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self._found.folder.name

    @property
    def record(self) -> StudyRecord:
        """Its record."""
        return self._found.record

    @property
    def status(self) -> str:
        """`complete` where all cells are; else `running` where one is, else `stopped`."""
        found = {*self.statuses.values()}
        return "complete" if found <= {"complete"} else "running" if "running" in found else "stopped"

    def _facts(self) -> list[tuple[str, str]]:
        """How it ended, how many cells are complete, stopped, ..., and the first error of one."""
        counts = Counter(self.statuses.values()).most_common()
        cells = ", ".join(f"{count} {each}" for each, count in counts)
        first = [("first error", next(iter(self.errors.values())))] if self.errors else []
        return [ended(self.status, self.stopped_by), ("cells", cells), *first]


def _status(found: study.Study, cell: Cell) -> str:
    try:
        return found.cell_run(cell).status
    except SandboxError:
        return "broken"
