"""How a training ended, for people and for programs. Knows its manifest."""

from pathlib import Path

from sandbox.progress.events import Finished
from sandbox.runs.training.manifest import TrainingManifest
from sandbox.runs.training.words import outcome, what_next


def ended_as(manifest: TrainingManifest, path: Path) -> Finished:
    """What its end comes to, and what to do next."""
    return Finished([outcome(manifest), what_next(manifest, path)], {**manifest.document(), "path": str(path)})
