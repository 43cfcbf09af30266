"""What the trainer of any objective is made of. Knows no objective, and imports no library."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.options.training import Objective, TrainingConfig
from sandbox.training.objectives.reward_model import RewardModel

# What a model gives: log-probs of tokens, or one number for a text.
Head = Literal["causal", "reward"]


@dataclass(frozen=True)
class Job:
    """A training that can begin.

    `model` is that of the library, with an adapter unless all weights are trained, and `rows` are examples of the
    objective, those that are learnt from, in order. `arguments` are the keyword arguments of the library's
    `TrainingArguments` that all objectives share. `reward` is the model that rewards answers, where one does.
    """

    config: TrainingConfig
    model: Any
    tokenizer: Any
    rows: Sequence[Any]
    arguments: Mapping[str, Any]
    reward: RewardModel | None = None


def head(objective: Objective) -> Head:
    """What the model of `objective` gives."""
    return "reward" if objective == "reward" else "causal"
