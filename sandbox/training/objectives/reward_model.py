"""A model of rewards, and what it says of answers. Knows no trainer, and not where it comes from."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sandbox.training.data.examples import Messages
from sandbox.training.data.tokens import encode


class RewardModel(NamedTuple):
    """A model with one number for a text, its tokenizer, and the most tokens of prompt and answer that it reads."""

    model: Any
    tokenizer: Any
    max_length: int

    def scores(self, prompts: Sequence[Messages], texts: Sequence[str]) -> list[float]:
        """The reward of each text as the answer to its prompt."""
        import torch

        with torch.inference_mode():
            rewards: list[float] = self.model(**self._batch(prompts, texts)).logits[:, 0].float().tolist()
        return rewards

    def _batch(self, prompts: Sequence[Messages], texts: Sequence[str]) -> Any:
        """Ids and their mask, padded on the right, on the device of the model."""
        encoded = [encode(self.tokenizer, *each) for each in zip(prompts, texts, strict=True)]
        ids = [[*each.prompt, *each.within(self.max_length)] for each in encoded]
        padded = self.tokenizer.pad({"input_ids": ids}, padding_side="right", return_tensors="pt")
        return padded.to(self.model.device)
