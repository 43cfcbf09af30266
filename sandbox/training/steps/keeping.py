"""What keeps the library's checkpoints: a callback that publishes each, and words where one cannot be written.

Works for every trainer of the library. Of many processes one publishes, when all have written their part.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from memory.files import write_atomically
from sandbox.errors import SandboxError, of_system
from sandbox.training.steps.checkpoints import Checkpoint, clear_staging, publish, staging


class KeepCheckpoints(TrainerCallback):
    """Publishes below `checkpoints` what the trainer saved into `staging`, together with the log `steps` so far."""

    def __init__(self, checkpoints: Path, steps: Path) -> None:
        self._checkpoints: Final = checkpoints
        self._steps: Final = steps

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """All that belongs to the checkpoint is written: by this process, and behind the barrier by all.

        None goes on before it is published: whoever ends takes away what is still being written.
        """
        del control
        together = torch.distributed.barrier if args.world_size > 1 else lambda: None
        together()
        if state.is_world_process_zero:
            written = staging(self._checkpoints) / f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}"
            publish(written, self._steps, self._checkpoints, state.global_step)
        together()


@contextmanager
def keeping(checkpoints: Path) -> Iterator[None]:
    """A block that trains. Raises `SandboxError` where it ended because a checkpoint could not be written.

    Nothing of an unfinished checkpoint stays, and the one before it does.
    """
    clear_staging(checkpoints)
    try:
        yield
    except Exception as error:
        # What it says depends on which part of which library wrote; that it was writing does not.
        if not (step := _unfinished(checkpoints)):
            raise
        why = of_system(error) if isinstance(error, OSError) else "the disk is full or its files may not grow so large"
        raise SandboxError(
            f"The checkpoint of step {step} could not be written below {checkpoints}: {why}.\n"
            f"What was learnt before it stays. When there is room: sandbox train --resume {checkpoints.parent}"
        ) from error
    finally:
        clear_staging(checkpoints)


def restore_steps(checkpoint: Checkpoint | None, steps: Path) -> None:
    """Make the log `steps` what it was at `checkpoint`, or at the beginning. Raises `OSError`."""
    write_atomically(steps, checkpoint.steps.read_bytes() if checkpoint else b"")


def _unfinished(checkpoints: Path) -> str | None:
    """The step of the checkpoint that is being written."""
    found = staging(checkpoints).glob(f"{PREFIX_CHECKPOINT_DIR}-*")
    return next((path.name.rpartition("-")[2] for path in found), None)


def go_on(trainer: Any, checkpoint: Checkpoint | None) -> None:
    """Train from `checkpoint`, or from the beginning, to the `max_steps` of the trainer's arguments."""
    if checkpoint and checkpoint.step >= trainer.args.max_steps:
        # Killed when nothing was left but what follows the steps: the library would make one more.
        trainer._load_from_checkpoint(str(checkpoint.path))
        trainer.state.global_step = checkpoint.step
    else:
        trainer.train(resume_from_checkpoint=str(checkpoint.path) if checkpoint else None)


def refuse_early_end(steps: int, planned: int) -> None:
    """Raises `SandboxError` where the library ended early, which it does without a word where it finds no rows."""
    if steps < planned:
        raise SandboxError(
            f"The library ended after {steps} of {planned} steps, so nothing is saved.\n"
            "Train with a smaller --batch or --accumulate, or on more rows."
        )
