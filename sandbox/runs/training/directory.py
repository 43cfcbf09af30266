"""The files of a training: their names and its manifest. Knows no meaning."""

from pathlib import Path
from typing import Final

from sandbox.runs.directory import WorkDirectory
from sandbox.runs.training.manifest import TrainingManifest


class TrainingDirectory(WorkDirectory):
    """Paths inside the folder of a training: `adapter` and its GGUF file, or of one of all weights `model`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.adapter: Final = path / "adapter"
        self.model: Final = path / "model"
        self.gguf: Final = path / "adapter.gguf"
        self.steps: Final = path / "steps.jsonl"
        self.answers: Final = path / "answers.jsonl"
        self.checkpoints: Final = path / "checkpoints"
        self.card: Final = path / "README.md"

    def read_manifest(self) -> TrainingManifest:
        """With the name of the folder as its own: it can be copied, moved and renamed. Raises `SandboxError`."""
        return self.read_as(TrainingManifest).model_copy(update={"name": self.name})
