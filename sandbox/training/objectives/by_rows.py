"""A step of the library's trainers as the mean over its rows, however many passes it takes. Knows no objective."""

from typing import Any

import torch
from torch import Tensor
from transformers import Trainer


def by_rows(trainer: Any) -> Any:
    """The class `trainer` of the library, whose loss of a pass is the mean over its rows, so that a step's is, too.

    The library takes the mean of these means: each row of a short pass, the last of an epoch, would count for more, and
    a step in two passes would be another than in one.
    """
    return type(trainer.__name__, (_ByRows, trainer), {})


class _ByRows(Trainer):
    _usual: Tensor | None = None  # rows of a pass, the mean over those of the step at hand, in all processes

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> tuple[list[Any], Any]:
        """The batches of a step."""
        batches, items = super().get_batch_samples(epoch_iterator, num_batches, device)
        counted = [sum(len(batch["input_ids"]) for batch in batches), len(batches)]
        rows, passes = self.accelerator.reduce(torch.tensor(counted, device=device), "sum")
        self._usual = rows / passes
        return batches, items

    def compute_loss(
        self,
        model: Any,
        inputs: Any,
        return_outputs: bool = False,  # noqa: ARG002  the library's
        num_items_in_batch: Any = None,
    ) -> Tensor:
        """The mean of a pass, which counts for as much as it has rows."""
        share = 1.0 if self._usual is None else len(inputs["input_ids"]) / self._usual
        loss: Any = super().compute_loss(model, inputs, num_items_in_batch=num_items_in_batch)
        return loss * share  # type: ignore[no-any-return]
