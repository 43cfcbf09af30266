"""The folder of a training: made whole under its name, or taken up again by the user who made it. Knows no tensor."""

import os
import tempfile
from pathlib import Path

from sandbox.errors import SandboxError, UsageError, of_making
from sandbox.runs.directory import NewRun
from sandbox.runs.training.directory import TrainingDirectory
from sandbox.runs.training.manifest import TrainingManifest
from sandbox.text import typed
from sandbox.training.own_word import marked


def refuse_taken(out: Path) -> None:
    """Raises `UsageError` if something is at `out`."""
    if os.path.lexists(out):
        raise UsageError(
            f"--out {out}: something is there, and nothing is ever overwritten.\n"
            f"Name another folder; or, if it is a training, go on with it: sandbox train --resume {typed(out)}"
        )


def made(out: Path, manifest: TrainingManifest) -> TrainingDirectory:
    """The folder `out` with `manifest`, which gets this user's mark. Raises `UsageError` if something is there.

    Raises `SandboxError` if it cannot be made.
    """
    refuse_taken(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise SandboxError(f"--out {out}: cannot be made: {of_making(error)}.\nName another folder.") from None
    with NewRun(draft, out, TrainingDirectory) as new:
        new.draft.write_manifest(marked(manifest, out))
        new.draft.steps.touch()
        return new.publish()
