"""Which trainings a name means: one, or those of a sweep, whose folder holds one for each weight. Knows no terminal."""

from pathlib import Path

from sandbox.errors import UsageError
from sandbox.runs.named import no_such_run, run_path
from sandbox.runs.training.reading import Training, is_training, open_training, swept
from sandbox.text import typed


def trainings_named(name: str, runs: Path) -> list[Training]:
    """The training at this path or of this name in folder `runs`, or those of a sweep there.

    Raises `UsageError` if there is none, and `SandboxError`.
    """
    if path := run_path(name, runs):
        if not is_training(path):
            raise UsageError(
                f"{path} is no training, and is to stand beside one.\nLook at it alone: sandbox inspect {typed(path)}"
            )
        return [open_training(path)]
    if found := next(filter(None, map(swept, (Path(name), runs / name))), None):
        return [open_training(path) for path in found]
    raise UsageError(no_such_run(name, runs))


def is_sweep(name: str, runs: Path) -> bool:
    """Whether the folder called so is none itself, and holds trainings."""
    return not run_path(name, runs) and any(map(swept, (Path(name), runs / name)))
