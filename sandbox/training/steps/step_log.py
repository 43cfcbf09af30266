"""Our own log of steps, a line for each, the same after a resume: the library's averages begin anew with a process.

Knows the library's callbacks and what our trainers measure of a step; not what is trained.
"""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from sandbox.errors import SandboxError
from sandbox.runs.appended import JsonLines
from sandbox.runs.training.records import StepLine


class Measuring(Protocol):
    """A trainer: since they were last read, the means of what its loss is made of, and the tokens that it saw."""

    parts: dict[str, float]
    tokens: int


class StepLog(TrainerCallback):
    """Appends each step of `trainer` to the log at `path`, and reports it. Of many processes the first alone writes.

    The trainer has to log every step (`logging_steps=1`), and what is no number too (`logging_nan_inf_filter=False`).
    """

    def __init__(self, path: Path, trainer: Measuring, report: Callable[[StepLine], object]) -> None:
        self._lines: Final = JsonLines(path)
        self._trainer: Final = trainer
        self._report: Final = report

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        """A step was made. Raises `SandboxError` where nothing can be learnt any more."""
        del args, control
        logs = given["logs"]
        if "loss" not in logs:  # the library's summary at the end
            return
        line = self._line(state.global_step, logs)
        if state.is_world_process_zero:
            self._lines.append([line])
            self._report(line)
        _check(line)

    def _line(self, step: int, logs: Mapping[str, float]) -> StepLine:
        """The line of `step`; what was measured of it is forgotten, so that the next one begins at nothing."""
        parts, tokens = self._trainer.parts, self._trainer.tokens
        self._trainer.parts, self._trainer.tokens = {}, 0
        return StepLine(
            step=step,
            loss=_number(logs["loss"]),
            parts={name: _number(value) for name, value in sorted(parts.items()) if name != "loss"},
            rate=logs["learning_rate"],
            gradient_norm=_number(logs["grad_norm"]),
            tokens=tokens,
        )

    def close(self) -> None:
        """Flush and close."""
        self._lines.close()


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _check(line: StepLine) -> None:
    """Raises `SandboxError` where the loss or its gradient is no number: no weight is one any more."""
    if line.loss is None or line.gradient_norm is None:
        what = "loss" if line.loss is None else "gradient"
        raise SandboxError(
            f"The {what} of step {line.step} is no finite number, so nothing can be learnt from there on.\n"
            "Train anew with a lower --learning-rate (or --precision float32)."
        )
