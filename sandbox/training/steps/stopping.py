"""Ctrl-C: the step is finished and a checkpoint written; a second one ends at once. Knows signals and callbacks."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


class StopWhenAsked(TrainerCallback):
    """Ends the training after the step at hand, with a checkpoint, once `asked` was set in any of its processes.

    `stopped` says afterwards whether steps were left to be made.
    """

    def __init__(self) -> None:
        self.asked = False
        self.stopped = False

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """All processes stop at the same step, as they would wait for one another."""
        if self._is_asked(args) and state.global_step < state.max_steps:
            self.stopped = control.should_save = control.should_training_stop = True

    def _is_asked(self, args: TrainingArguments) -> bool:
        if args.world_size == 1:
            return self.asked
        flag = torch.tensor(float(self.asked), device=args.device)
        torch.distributed.all_reduce(flag)
        return bool(flag)


@contextmanager
def answering_signals(stop: StopWhenAsked, stopping: Callable[[], object]) -> Iterator[None]:
    """A block in which Ctrl-C and a request to end mean `stop`, and `stopping` says so; the second time they interrupt.

    Raises `KeyboardInterrupt` then. In a thread that is not the main one, which no signal reaches, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def answer(_number: int, _frame: object) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True
        stopping()

    before = {number: signal.signal(number, answer) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
