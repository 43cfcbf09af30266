"""The files of a rating: their names and its manifest. It lies beside its run, as `RUN.NAME`. Knows no meaning."""

from pathlib import Path
from typing import Final

from sandbox.runs.appended import repair
from sandbox.runs.directory import BESIDE, WorkDirectory
from sandbox.runs.rating.manifest import RatingManifest


class RatingDirectory(WorkDirectory):
    """Paths inside the folder of a rating. `prompts` has the templates as they were used."""

    elsewhere = BESIDE

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.scores: Final = path / "scores.jsonl"
        self.prompts: Final = path / "prompts"

    def read_manifest(self) -> RatingManifest:
        """With the name of the folder as its id. Raises `SandboxError`."""
        return self.read_as(RatingManifest).model_copy(update={"run_id": self.name})

    def repair(self) -> None:
        """Make the last line of every log whole, for the one process that works on it. Raises `SandboxError`."""
        for path in (self.calls, self.superseded, self.scores):
            repair(path)
