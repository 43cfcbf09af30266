"""Loads the model of rewards that a training of `--objective reward` made. Torch is imported where it is loaded."""

from memory.files import sha256_of
from sandbox.errors import SandboxError
from sandbox.runs.training.reading import Training
from sandbox.training.base.base_model import Base, Precision, load
from sandbox.training.objectives.reward_model import RewardModel


def load_reward(training: Training, base: Base, precision: Precision) -> RewardModel:
    """What `training` (of `--objective reward`, complete) made, over the `base` that it was trained on.

    Raises `SandboxError` where its weights are not those that its manifest names.
    """
    import peft

    _check(training)
    model, tokenizer = load(base, precision=precision, head="reward")
    model = peft.PeftModel.from_pretrained(model, training.directory.adapter).merge_and_unload().eval()
    return RewardModel(model, tokenizer, training.manifest.config.max_length)


def _check(training: Training) -> None:
    """Raises `SandboxError` unless its weights are those that its manifest names: nothing else is opened."""
    made, weights = training.manifest.adapter, training.directory.adapter / "adapter_model.safetensors"
    if made is None or not weights.is_file() or sha256_of(weights) != made.sha256:
        raise SandboxError(f"{weights} is not what its training made.\nCopy the folder anew, or train it anew.")
