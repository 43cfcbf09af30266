"""Trained adapters as `--adapter` names them: the file, and what a run that uses it says of it. Loads no model."""

from pathlib import Path

from agents.endpoints.adapters import name_of
from agents.endpoints.local import find_weights
from agents.model import FatalModelError
from memory.files import sha256_of
from sandbox.errors import UsageError, of_system
from sandbox.runs.adapters import AdapterUsed
from sandbox.runs.training.reading import Training, open_training
from sandbox.text import typed


def gguf_of(given: str) -> Path:
    """The file that `given` names: a folder of `sandbox train`, or the file in it."""
    path = Path(given)
    return path if path.suffix == ".gguf" else path / "adapter.gguf"


def read_adapter(given: str) -> AdapterUsed:
    """What `given`, a folder of `sandbox train` or the file in it, holds. Raises `UsageError`, and `SandboxError`."""
    file = gguf_of(given)
    training = open_training(file.parent)
    _check_complete(training, given)
    digest = _digest(training, file, given)
    manifest = training.manifest
    base = manifest.base.gguf
    if base is None or base != (_served_base() or base):
        raise UsageError(
            f"--adapter {given}: it was trained on {manifest.base.name}, which is not the embedded model, so it cannot "
            "be served here.\nTrain one with --model local, or serve that base with the adapter and name --base-url."
        )
    return AdapterUsed(
        name=name_of(digest),
        sha256=digest,
        folder=manifest.name,
        objective=manifest.objective,
        base=base,
        prompt=manifest.data.prompt,
        prompts=dict(manifest.data.prompts),
        teachers=manifest.data.teachers,
        observers=manifest.data.observers,
    )


def check_same(given: str, known: AdapterUsed, work: str) -> None:
    """Raises `UsageError` where `given` holds another adapter than a `work`, such as `Run one`, was made with."""
    now = read_adapter(given)
    if now.sha256 != known.sha256:
        raise UsageError(
            f"{work} cannot be continued: {given} is another adapter than it was ({known.name} then, {now.name} now).\n"
            "Name the one that it was made with: --adapter DIR, or start a new one."
        )


def _check_complete(training: Training, given: str) -> None:
    if training.status != "complete":
        raise UsageError(
            f"--adapter {given}: that training is not complete (it is {training.status}).\n"
            f"Finish it: sandbox train --resume {typed(training.directory.path)}"
        )


def _digest(training: Training, file: Path, given: str) -> str:
    """Sha256 of the file, if it is the one that was trained, or one that its user converted."""
    made = training.manifest.adapter
    try:
        digest = sha256_of(file)
    except OSError as error:
        why = (made and made.no_gguf) or f"{file.name} cannot be read: {of_system(error)}."
        raise UsageError(f"--adapter {given}: {why}") from error
    if made and made.gguf and made.gguf != digest:
        raise UsageError(f"--adapter {given}: {file.name} is not the file that was trained (its sha256 differs).")
    return digest


def _served_base() -> str | None:
    """Sha256 of the embedded model; None where it is not installed, which is told by who would start it."""
    try:
        return sha256_of(find_weights())
    except (FatalModelError, OSError):
        return None
