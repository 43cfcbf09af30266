"""A training as Python code holds it: where it lies, what its manifest says, its steps. Knows no tensor."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sandbox.api.work import Work, ended
from sandbox.runs.training import reading
from sandbox.runs.training.manifest import TrainingManifest
from sandbox.runs.training.records import AnswerLine, StepLine
from sandbox.runs.training.words import held_out_line


class Training(Work):
    """A training: what `sandbox.train` gives, and what `adapter=` of a simulation or an evaluation takes.

    `manifest` is its record: `manifest.config`, `manifest.held_out`, ...
    """

    _noun = "Training"

    def __init__(self, found: reading.Training) -> None:
        self._found: Final = found

    @property
    def path(self) -> Path:
        """Its folder."""
        return self._found.directory.path

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self._found.directory.name

    @property
    def manifest(self) -> TrainingManifest:
        """Its record."""
        return self._found.manifest

    @property
    def status(self) -> str:
        """`complete`, `stopped`, `failed`, `running`, or `interrupted` where it was killed."""
        return self._found.status

    @property
    def stopped_by(self) -> str | None:
        """`interrupt` or `error`; None where it came to its end."""
        return self.manifest.stopped_by

    def steps(self) -> Iterator[StepLine]:
        """Every step so far. Raises `SandboxError` that names a bad line."""
        return self._found.steps()

    def answers(self) -> Iterator[AnswerLine]:
        """What base and trained model answer, once it is complete. Raises `SandboxError` that names a bad line."""
        return self._found.answers()

    def _facts(self) -> list[tuple[str, str]]:
        """How it ended, how many steps were made, and what held-out questions say."""
        held_out = [
            (f"held out ({split}), {name}", held_out_line(found))
            for split, both in self.manifest.held_out.items()
            for name, found in (both.after or both.before or {}).items()
        ]
        return [ended(self.status, self.stopped_by), ("steps", str(self.manifest.steps)), *held_out]
