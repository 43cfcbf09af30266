"""Whose word a training is: this user's, where they made it, or nobody's. Knows manifests and marks.

A training names files that are read, and its checkpoints hold pickles: neither is opened because a stranger says so.
"""

from dataclasses import fields
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.runs.own_mark import is_own, mark_of, trouble
from sandbox.runs.training.manifest import TrainingManifest
from sandbox.text import typed


def marked(manifest: TrainingManifest, folder: Path) -> TrainingManifest:
    """`manifest`, which says nothing but what this user said, with their mark for the training in `folder`."""
    return manifest.model_copy(update={"mark": mark_of(_word(manifest), folder)})


def refuse_foreign(manifest: TrainingManifest, folder: Path) -> None:
    """Raises `SandboxError` where `manifest` is not as this user made it, where they made it."""
    if not is_own(_word(manifest), folder, manifest.mark):
        raise SandboxError(
            f"{folder} does not carry your mark (it was copied, moved, changed or made by others), so neither its "
            f"checkpoints nor the files it names are opened. {trouble() or ''}".rstrip()
            + f"\nMove it back, or train anew: sandbox train DATA --objective {manifest.objective} --out DIR"
            f"\nWhat it was made of: sandbox inspect {typed(folder)}"
        )


def _word(manifest: TrainingManifest) -> dict[str, object]:
    """What the mark is over: every option that is set, and what was trained on by its contents."""
    # As it will be read: numbers that Python code gave may be of another type.
    read = TrainingManifest.model_validate_json(manifest.model_dump_json())
    config = read.config
    return {
        "kind": read.kind,
        "config": {
            each.name: getattr(config, each.name)
            for each in fields(config)
            if getattr(config, each.name) != each.default
        },
        "data": read.data.model_dump(mode="json"),
        "base": read.base.model_dump(mode="json"),
        "reward": read.reward,
        "fingerprint": read.fingerprint,
    }
