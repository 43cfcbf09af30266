"""The files of an annotation: their names and its manifest. It lies beside its run, as `RUN.NAME`. Knows no meaning."""

from pathlib import Path
from typing import Final

from sandbox.runs.annotation.records import AnnotationManifest
from sandbox.runs.appended import repair
from sandbox.runs.directory import BESIDE, WorkDirectory


class AnnotationDirectory(WorkDirectory):
    """Paths inside the folder of an annotation."""

    elsewhere = BESIDE

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.judgements: Final = path / "judgements.jsonl"

    def read_manifest(self) -> AnnotationManifest:
        """With the name of the folder as its id. Raises `SandboxError`."""
        return self.read_as(AnnotationManifest).model_copy(update={"run_id": self.name})

    def repair(self) -> None:
        """Make the last line whole, for the one process that works on it. Raises `SandboxError`."""
        repair(self.judgements)
