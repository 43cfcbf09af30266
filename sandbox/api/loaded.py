"""`sandbox.load`: runs on disk, and what they hold as tables. Reads no log before a table is asked for."""

import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, overload

from sandbox.api.finding import found_runs
from sandbox.api.given import path_of
from sandbox.api.page import page
from sandbox.api.run import Run
from sandbox.api.tables import Tables
from sandbox.errors import SandboxWarning
from sandbox.runs import reading
from sandbox.text import counted

if TYPE_CHECKING:
    import pyarrow as pa

PathLike = str | os.PathLike[str]


class Runs(Sequence[Run]):
    """Runs, and tables of what they hold. docs/columns.md names the columns.

    Each row begins with `run`, `seed`, `labels`, `models` and those settings in which the runs differ, or those that
    were chosen. Tables are of pyarrow: `to_pandas()` makes frames of them. They are read anew each time, so that a run
    that goes on is there as far as it is.
    """

    def __init__(self, found: Sequence[reading.Run], settings: Sequence[str] | None = None) -> None:
        self._found: Final = tuple(found)
        self._chosen: Final = settings
        self._tables: Final = Tables(self._found, settings)

    def interactions(self) -> "pa.Table":
        """A row an interaction, with the columns of `sandbox export --format parquet`.

        Raises `SandboxError` that names the line of a log that cannot be read.
        """
        return self._tables.interactions()

    def ratings(self) -> "pa.Table":
        """A row a rating, 1 to 7 where a file of dimensions does not say otherwise; null where it is missing.

        `rater` is `observer`, `neighbours` (`neighbour` says which agent), or the name of a later rating or of a person
        beside the run. Raises `SandboxError` that names the line of a log that cannot be read.
        """
        return self._tables.ratings()

    def rounds(self) -> "pa.Table":
        """A row a whole round: means from 1 to 7, gains, and counts. Raises `SandboxError` that names a bad line."""
        return self._tables.rounds()

    @overload
    def __getitem__(self, at: int) -> Run: ...
    @overload
    def __getitem__(self, at: slice) -> "Runs": ...
    def __getitem__(self, at: int | slice) -> "Run | Runs":
        return Runs(self._found[at], self._chosen) if isinstance(at, slice) else Run(self._found[at])

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Run]:
        return map(Run, self._found)

    def __repr__(self) -> str:
        return f"<Runs: {', '.join(run.name for run in self._found)}>"

    def _repr_html_(self) -> str:
        return page(counted(len(self), "run"), [(run.name, run.status) for run in self._found])


def load(
    *patterns: PathLike,
    runs: PathLike = "runs",
    studies: PathLike = "studies",
    settings: Sequence[str] | None = None,
) -> Runs:
    """The runs at `patterns`: paths, patterns of paths such as `runs/*`, and names of runs, cells and studies.

    Names, and patterns that nothing at hand fits, are looked for in the folder `runs`, and names of studies in
    `studies`. No pattern at all means every run in `runs`. A study is its complete runs, and a run that is meant twice
    is there once. What else lies beside runs, such as evaluations and trainings, is left out. `settings` are names of
    options of `sandbox simulate` that tables have as columns; by default those in which the runs differ.

    Gives a `SandboxWarning` for runs that cannot be read and for cells that are not complete. Raises `UsageError` for a
    pattern that no run fits, and `SandboxError` for a run that was named and cannot be read.
    """
    folder = Path(runs)
    wanted = [path_of(pattern, "sandbox.load") for pattern in patterns] or [str(folder / "*")]
    found = found_runs(wanted, folder, Path(studies))
    for note in found.notes:
        warnings.warn(note, SandboxWarning, stacklevel=2)
    return Runs(found.runs, settings)
