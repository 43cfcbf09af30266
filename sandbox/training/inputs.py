"""Where a training finds what it is made of, for whoever takes it up again: paths, which its manifest has none of.

Kept beside it only until it is complete. What lies at a path counts by its contents.
"""

from pathlib import Path
from typing import Final

from pydantic import ValidationError

from memory.files import write_atomically
from memory.opening import read_whole, remove
from sandbox.errors import SandboxError
from sandbox.runs.manifest import Part
from sandbox.runs.strict_json import read_strictly
from sandbox.runs.training.directory import TrainingDirectory

_FILE: Final = ".inputs.json"
_MOST: Final = 1 << 16  # bytes


class Inputs(Part):
    """The export, the base as `--model` names it, and the training that rewards."""

    data: str
    model: str
    reward: str | None


def keep(inputs: Inputs, folder: Path) -> None:
    """Write them into the folder of a training. Raises `OSError`."""
    write_atomically(folder / _FILE, inputs.model_dump_json().encode() + b"\n")


def kept(directory: TrainingDirectory) -> Inputs:
    """Those of a training. Raises `SandboxError` where they are gone."""
    try:
        return read_strictly(Inputs, read_whole(directory.path / _FILE, _MOST))
    except (OSError, ValidationError):
        raise SandboxError(
            f"{directory.path / _FILE} is gone or damaged, so nobody knows where the data lies.\nTrain anew."
        ) from None


def forget(directory: TrainingDirectory) -> None:
    """Take them away: a training that is complete is handed on."""
    remove(directory.path / _FILE)


def absolute(path: str) -> str:
    """`path` from anywhere; what is no folder here is a name, and stays."""
    return str(Path(path).resolve()) if Path(path).exists() else path
