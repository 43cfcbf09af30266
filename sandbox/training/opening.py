"""The folder of a training: made whole under its name, or taken up again by the user who made it. Knows no tensor."""

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sandbox.errors import SandboxError, UsageError, of_making
from sandbox.runs.directory import NewRun
from sandbox.runs.training.directory import TrainingDirectory
from sandbox.runs.training.manifest import TrainingManifest
from sandbox.runs.training.reading import Training, open_training, swept
from sandbox.text import typed
from sandbox.training.inputs import Inputs, keep
from sandbox.training.own_word import marked

_PATIENCE: Final = 300.0  # seconds: the others read data meanwhile, as the first does
_STEP: Final = 0.05


def refuse_taken(out: Path) -> None:
    """Raises `UsageError` if something is at `out`."""
    if os.path.lexists(out):
        raise UsageError(
            f"--out {out}: something is there, and nothing is ever overwritten.\n"
            f"Name another folder; or, if it is a training, go on with it: sandbox train --resume {typed(out)}"
        )


def made(out: Path, manifests: Mapping[str, TrainingManifest], inputs: Inputs) -> None:
    """Make the folder `out`, with a training for each of `manifests`, by name; one without a name is `out` itself.

    Each gets this user's mark. Raises `UsageError` if something is there, `SandboxError` if it cannot be made.
    """
    refuse_taken(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise SandboxError(f"--out {out}: cannot be made: {of_making(error)}.\nName another folder.") from None
    with NewRun(draft, out, TrainingDirectory) as new:
        for name, manifest in manifests.items():
            directory = TrainingDirectory(draft / name)
            directory.path.mkdir(exist_ok=True)
            keep(inputs, directory.path)
            directory.steps.touch()
            directory.write_manifest(marked(manifest, out / name))
        new.publish()


def trainings_in(path: Path) -> list[Training]:
    """The training in the folder `path`, or those of a sweep below it, by name. Raises `UsageError`, `SandboxError`."""
    return [open_training(each) for each in swept(path) or [path]]


def await_made(directory: TrainingDirectory) -> None:
    """Wait until the first of several processes has made the folder. Raises `SandboxError` if it never does."""
    until = time.monotonic() + _PATIENCE
    while not directory.manifest_file.exists():
        if time.monotonic() > until:
            raise SandboxError(f"{directory.path}: the first process did not make it.")
        time.sleep(_STEP)
