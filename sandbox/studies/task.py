"""A cell that is to be worked on, as plain as it travels to another process, and how that ended.

Knows no process and no event loop.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

from sandbox.errors import SandboxError
from sandbox.options.config import Config, SocietyModel
from sandbox.runs.directory import RunDirectory
from sandbox.runs.manifest import Manifest, Status, StoppedBy
from sandbox.runs.study import Cell, StudyFolder
from sandbox.studies.planning import PlannedCell

COMPLETE, WITH_FAILURES, OUT_OF_BUDGET, INTERRUPTED = 0, 3, 4, 130


@dataclass(frozen=True)
class Task:
    """The run of `cell`, which is made or taken up in `config.runs` under `config.run_id`."""

    cell: Cell
    config: Config
    origins: Mapping[str, str]

    @classmethod
    def of(cls, planned: PlannedCell, folder: StudyFolder, *, retry_failed: bool) -> Self:
        """What is to be done for `planned`; a retry that is under way goes on as one."""
        run = planned.run
        retry = run is not None and (retry_failed or run.manifest.config.retry_failed)
        config = replace(planned.config, runs=str(folder.runs), run_id=planned.cell.name, retry_failed=retry)
        return cls(planned.cell, config, planned.origins)

    @property
    def directory(self) -> RunDirectory:
        """Where the run is, or will be."""
        return RunDirectory(Path(self.config.runs, self.cell.name))

    def status(self) -> Status | None:
        """What its manifest says, if there is one that can be read."""
        try:
            return self.directory.read_manifest().status
        except SandboxError:
            return None

    def document(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {"cell": self.cell.model_dump(), "config": asdict(self.config), "origins": dict(self.origins)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """What `document` gave."""
        society = tuple(SocietyModel(**model) for model in document["config"]["society"])
        config = Config(**{**document["config"], "society": society})
        return cls(Cell(**document["cell"]), config, document["origins"])


class Ended(NamedTuple):
    """How the work on a cell ended: the exit code that `sandbox simulate` would have had, and what it would have said.

    `cell` is its index; `status` is None where there is no run, because it could not be made.
    """

    cell: int
    code: int
    status: Status | None
    stopped_by: StoppedBy | None = None
    message: str | None = None

    @classmethod
    def with_manifest(cls, cell: Cell, manifest: Manifest) -> Self:
        """The run of `cell` ended with `manifest`."""
        codes = {"budget": OUT_OF_BUDGET, "interrupt": INTERRUPTED}
        with_failures = WITH_FAILURES if manifest.totals.failed else COMPLETE
        code = codes.get(manifest.stopped_by, WITH_FAILURES) if manifest.stopped_by else with_failures
        return cls(cell.index, code, manifest.status, manifest.stopped_by)

    @property
    def is_failed(self) -> bool:
        """Whether the cell, as a whole, came to nothing: not one that was stopped, or has failures in it."""
        return not self.is_complete and self.stopped_by not in ("budget", "interrupt")

    @property
    def is_complete(self) -> bool:
        """Whether all of it is there now: a complete run that was to grow, and could not, is not."""
        return self.status == "complete" and self.code in (COMPLETE, WITH_FAILURES)
