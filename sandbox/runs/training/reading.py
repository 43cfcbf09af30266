"""Opens trainings and reads their logs, also while one goes on. Knows no terminal."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sandbox.errors import UsageError
from sandbox.runs.json_lines import read_lines
from sandbox.runs.kinds import MANIFEST, kind_of
from sandbox.runs.locking import is_held
from sandbox.runs.training.directory import TrainingDirectory
from sandbox.runs.training.manifest import TRAINING, TrainingManifest
from sandbox.runs.training.records import AnswerLine, StepLine
from sandbox.text import typed


class Training(NamedTuple):
    """A training on disk."""

    directory: TrainingDirectory
    manifest: TrainingManifest

    @property
    def status(self) -> str:
        """As the manifest says, but `interrupted` for one that says `running` and that nobody works on."""
        dead = self.manifest.status == "running" and not is_held(self.directory)
        return "interrupted" if dead else self.manifest.status

    def steps(self) -> Iterator[StepLine]:
        """Every step so far. Raises `SandboxError` that names a bad line."""
        return read_lines(self.directory.steps, StepLine)

    def answers(self) -> Iterator[AnswerLine]:
        """What base and trained model answer, once it is complete. Raises `SandboxError` that names a bad line."""
        return read_lines(self.directory.answers, AnswerLine)


def is_training(path: Path) -> bool:
    """Whether the manifest in the folder `path` says that it is a training's."""
    return kind_of(path) == TRAINING


def open_training(path: Path) -> Training:
    """The training in the folder `path`. Raises `UsageError` if it is none, and `SandboxError`."""
    if not is_training(path):
        if of_sweep := swept(path):
            raise UsageError(f"{path} is no training, but a sweep of them: name one, such as {typed(of_sweep[0])}")
        out = "DIR" if path.exists() else typed(path)
        raise UsageError(f"{path} is no training.\nMake one: sandbox train DATA --objective stable --out {out}")
    directory = TrainingDirectory(path)
    return Training(directory, directory.read_manifest())


def swept(folder: Path) -> list[Path]:
    """The trainings in `folder`, which is none itself, by name; none in what cannot be looked into."""
    try:
        inside = [] if (folder / MANIFEST).exists() else sorted(folder.iterdir())
    except OSError:
        return []
    return [path for path in inside if not path.name.startswith(".") and is_training(path)]
