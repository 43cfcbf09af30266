"""What a trainer of the library says of its last step, as numbers of ours. Knows no objective.

The library hands its metrics to `on_log` alone, so that is where they are taken. Callbacks are called in the order in
which they were added: whoever writes a log of steps is added later and finds them.
"""

from collections.abc import Iterable
from typing import Any

from transformers import Trainer, TrainerCallback


class _Logged(TrainerCallback):
    """Keeps the metrics in `names` as `parts` of `trainer`, and the tokens read by its last step as `tokens`."""

    def __init__(self, trainer: Any, names: Iterable[str]) -> None:
        self._trainer = trainer
        self._names = tuple(names)
        self._seen = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Some trainers count on from where a checkpoint was made, others anew."""
        del args, control
        self._seen = state.num_input_tokens_seen

    def on_log(self, args: Any, state: Any, control: Any, **said: Any) -> None:
        """After each step. The log at the end of a training is of no step, and has no loss."""
        del args, state, control
        logs = said["logs"]
        if "loss" not in logs:
            return
        self._trainer.parts = {name: float(logs[name]) for name in self._names if logs.get(name) is not None}
        total = int(logs["num_tokens"])
        self._trainer.tokens = total - self._seen
        self._seen = total


def logged(trainer: Trainer, names: Iterable[str]) -> Trainer:
    """`trainer` with `parts` (means over the passes of its last step, those in `names`) and `tokens` (of all ranks)."""
    made: Any = trainer
    made.parts, made.tokens = {}, 0
    made.add_callback(_Logged(made, names))
    return trainer
