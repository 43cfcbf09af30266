"""The training whose model rewards answers: what `--reward` names. Knows folders, no tensor."""

from pathlib import Path

from sandbox.errors import UsageError
from sandbox.options.training import TrainingConfig
from sandbox.runs.training.reading import Training, open_training
from sandbox.text import typed
from sandbox.training.base.base_model import Base


def rewarding_of(config: TrainingConfig) -> Training | None:
    """The training that rewards. Raises `UsageError` for what is none."""
    if config.reward is None:
        return None
    training = open_training(Path(config.reward))
    manifest = training.manifest
    if manifest.objective != "reward":
        raise UsageError(
            f"--reward {config.reward}: it is a training of --objective {manifest.objective}.\n"
            "Make one that rewards: sandbox train DATA --objective reward --out DIR"
        )
    if training.status != "complete" or manifest.adapter is None:
        resume = f"sandbox train --resume {typed(training.directory.path)}"
        raise UsageError(f"--reward {config.reward}: it is {training.status}.\nFinish it: {resume}")
    return training


def check_same_base(rewarding: Training, base: Base) -> None:
    """Raises `UsageError` where what rewards has never read the texts of `base`."""
    over = rewarding.manifest.base
    if over.sha256 != base.sha256:
        raise UsageError(
            f"--reward {rewarding.directory.path}: it was trained over {over.name}, and --model is {base.name}.\n"
            "Train a reward model over --model."
        )
