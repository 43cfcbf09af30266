"""Loads the model of rewards that a training of `--objective reward` made. Torch is imported where it is loaded.

Nothing of its folder is believed but its weights: how they are applied is what a training here makes of its rank.
"""

import hashlib
from typing import TYPE_CHECKING, Any, Final

from memory.opening import read_whole
from sandbox.errors import SandboxError
from sandbox.runs.training.reading import Training
from sandbox.training.base.base_model import Base, Precision, load, peft_wrapped
from sandbox.training.made.adapter_file import WEIGHTS
from sandbox.training.objectives.reward_model import RewardModel

if TYPE_CHECKING:
    import torch

_MOST: Final = 8 << 30  # bytes


def load_reward(training: Training, base: Base, precision: Precision) -> RewardModel:
    """What `training` (of `--objective reward`, complete) made, over the `base` that it was trained on.

    Raises `SandboxError` where its weights are not those that its manifest names, or not of a model of rewards.
    """
    import peft

    found = _weights(training)
    model, tokenizer = load(base, precision=precision, head="reward")
    config = training.manifest.config
    wrapped = peft_wrapped(model, config.lora_rank, config.seed, "reward")
    wanted = peft.get_peft_model_state_dict(wrapped, save_embedding_layers=False)
    if _shapes(found) != _shapes(wanted) or not all(each.isfinite().all() for each in found.values()):
        raise SandboxError(_not_made(training))
    peft.set_peft_model_state_dict(wrapped, found)
    return RewardModel(wrapped.merge_and_unload().eval(), tokenizer, config.max_length)


def _weights(training: Training) -> dict[str, "torch.Tensor"]:
    """Those that its manifest names: nothing else is opened."""
    from safetensors import SafetensorError
    from safetensors.torch import load as loaded

    made = training.manifest.adapter
    try:
        content = read_whole(training.directory.adapter / WEIGHTS, _MOST, depth=2)
        if made is not None and hashlib.sha256(content).hexdigest() == made.sha256:
            return loaded(content)
    except (OSError, SafetensorError):
        pass
    raise SandboxError(_not_made(training))


def _shapes(weights: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(each.shape) for name, each in weights.items()}


def _not_made(training: Training) -> str:
    file = training.directory.adapter / WEIGHTS
    return f"{file} is not what a training of rewards made.\nCopy the folder anew, or train it anew."
