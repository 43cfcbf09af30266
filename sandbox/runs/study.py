"""A study on disk: the folder that `sandbox study` makes, its record of cells, and the runs below it.

Knows files and records; not what a study asks, nor how its cells are run.
"""

from collections import Counter
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import ConfigDict, Field, ValidationError

from memory.files import write_atomically
from memory.opening import read_whole
from sandbox.errors import SandboxError, of_validation
from sandbox.options.completion import RUN_ID
from sandbox.runs.directory import RunDirectory
from sandbox.runs.kinds import STUDY_RECORD
from sandbox.runs.manifest import Count, Part
from sandbox.runs.newer import newer_by_schema
from sandbox.runs.reading import Run, read_run
from sandbox.runs.strict_json import read_strictly

RECORD: Final = STUDY_RECORD
MOST_CELLS: Final = 10_000
# A cell has a few hundred bytes.
MOST_RECORD: Final = 64 << 20  # bytes
Value = str | int | float | bool
# It becomes a path: one with another name would lead out of the study.
CellName = Annotated[str, Field(pattern=rf"^{RUN_ID.pattern}$")]


class Cell(Part):
    """One combination of a study: an ordinary run, in `runs/<name>/`.

    `index` is never given to another cell. `values` are those of the matrix, in its order, by axis. `fingerprint` is
    that of the run, and `rounds` are those that it shall have. A `retired` cell is one that the study has no more: its
    run stays, and is in no figure.
    """

    index: Count
    name: CellName
    values: dict[str, Value]
    fingerprint: str
    rounds: Count | None = None
    retired: bool = False

    @property
    def seed(self) -> Value | None:
        """Its seed, where that is one of its values."""
        return self.values.get("seed")

    @property
    def condition(self) -> dict[str, Value]:
        """Its values without the seed."""
        return {axis: value for axis, value in self.values.items() if axis != "seed"}


class StudyRecord(Part):
    """`study.json`: the cells by index, and whose word the folder is (`mark`, see `own_mark`)."""

    schema_: Literal[1] = Field(alias="schema")
    kind: Literal["study"] = "study"
    name: str
    sandbox: str
    created: str
    axes: tuple[str, ...]
    cells: tuple[Cell, ...]
    toml_sha256: str
    mark: str | None = None

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)

    @property
    def all_axes(self) -> list[str]:
        """In the order of the study; then what only cells beside its grid have."""
        more = (axis for cell in self.cells if not cell.retired for axis in cell.values)
        return list(dict.fromkeys((*self.axes, *more)))


class StudyFolder:
    """Paths inside one study folder, and its record."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self.record_file: Final = path / RECORD
        self.toml: Final = path / "study.toml"
        self.runs: Final = path / "runs"
        self.table_csv: Final = path / "table.csv"
        self.table_parquet: Final = path / "table.parquet"
        self.lock: Final = path / ".lock"

    @property
    def name(self) -> str:
        """The name that commands take: that of the folder, as of a run."""
        return RunDirectory(self.path).name

    def read(self) -> StudyRecord:
        """Raises `SandboxError` that names the file where it is absent, unreadable or of another schema."""
        content = b""
        try:
            content = read_whole(self.record_file, MOST_RECORD)
            return self._with_each_cell_once(read_strictly(StudyRecord, content))
        except FileNotFoundError:
            raise SandboxError(f"{self.path} is no study: it has no {RECORD}.") from None
        except OSError as error:
            raise SandboxError(f"{self.record_file}: cannot be read: {error.strerror}.") from None
        except ValidationError as error:
            problem = f"{self.record_file}: not a study of schema 1: {of_validation(error)}."
            raise SandboxError(problem + newer_by_schema(content)) from None

    def _with_each_cell_once(self, record: StudyRecord) -> StudyRecord:
        """`record`. Raises `SandboxError` where two of its cells are one, whose run would count twice."""
        for what in ("index", "name"):
            counts = Counter(getattr(cell, what) for cell in record.cells)
            if twice := [each for each, count in counts.items() if count > 1]:
                raise SandboxError(f"{self.record_file}: no record of a study: two cells have the {what} {twice[0]}.")
        return record

    def write(self, record: StudyRecord) -> None:
        """Replace the record atomically and durably."""
        write_atomically(self.record_file, (record.model_dump_json(indent=1) + "\n").encode(), durable=True)

    def run_path(self, cell: Cell) -> Path:
        """Where the run of `cell` lies, or will."""
        return self.runs / cell.name

    def run(self, cell: Cell) -> Run | None:
        """The run of `cell`, if it was begun. Raises `SandboxError` where it cannot be read or is behind a link."""
        self.refuse_links(cell)
        path = self.run_path(cell)
        return read_run(path) if path.exists() else None

    def refuse_links(self, cell: Cell) -> None:
        """Raises `SandboxError` where the run of `cell` is, or would be made, behind a link."""
        for inner in (self.runs, self.run_path(cell)):
            if inner.is_symlink():
                raise SandboxError(f"{inner} is a link, which is not followed.")


class CellRun(NamedTuple):
    """A cell and its run as it is now; None for one that was not begun."""

    cell: Cell
    run: Run | None

    @property
    def status(self) -> str:
        """As that of its run; `absent` where there is none, `another` where the run there is of something else.

        One that is complete with fewer rounds than the study asks for is `stopped`: it is not whole by its word.
        """
        if self.run is None:
            return "absent"
        if self.run.manifest.fingerprint != self.cell.fingerprint:
            return "another"
        shorter = self.run.manifest.config.rounds < (self.cell.rounds or 0)
        return "stopped" if shorter and self.run.status == "complete" else self.run.status


class Study(NamedTuple):
    """A study on disk, as its record says."""

    folder: StudyFolder
    record: StudyRecord

    def cell_run(self, cell: Cell) -> CellRun:
        """`cell` and its run, if it was begun. Raises `SandboxError` where it cannot be read or is behind a link."""
        run = self.folder.run(cell)
        return CellRun(cell, run and run._replace(study=self.folder.name))


def read_study(path: Path) -> Study:
    """The study in the folder `path`. Raises `SandboxError`."""
    folder = StudyFolder(path)
    return Study(folder, folder.read())
