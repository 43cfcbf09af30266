"""The words of `sandbox train`. Imports nothing slow before it is needed."""

from typing import Any

import typer

from sandbox.errors import UsageError
from sandbox.options.arguments import ConfigFile, DryRun, ResumeTraining, TrainingData
from sandbox.options.flags import with_options
from sandbox.options.training import TrainingConfig


@with_options(TrainingConfig)
def train(
    data: TrainingData = None,
    config: ConfigFile = None,
    resume: ResumeTraining = None,
    dry_run: DryRun = False,
    **flags: Any,
) -> None:
    """Train a model on what sandbox export wrote, and make of it what the next society speaks through."""
    if data and resume:
        raise UsageError("--resume goes on with the data that a training began with: leave out DATA.")
    if not (data or resume):
        raise UsageError(
            "Name the folder of sandbox export to learn from: sandbox train DATA --objective stable --out DIR"
        )
    from sandbox.commands.train import resume_training, run_train

    if resume:
        raise typer.Exit(resume_training(resume, flags, config, dry_run=dry_run))
    assert data
    raise typer.Exit(run_train(data, flags, config, dry_run=dry_run))
