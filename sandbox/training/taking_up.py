"""Takes a training up again: by its user, with the options it began with, as long as nothing changed that counts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox.errors import UsageError
from sandbox.options.file import OptionFile
from sandbox.options.resolution import Resolved, resolve
from sandbox.options.training import TrainingConfig
from sandbox.runs.training.reading import Training
from sandbox.training.continued import changed_options, refuse_changed
from sandbox.training.inputs import kept
from sandbox.training.own_word import refuse_foreign
from sandbox.training.plan import Plan
from sandbox.training.settled import settled


def taken_up(
    training: Training, flags: Mapping[str, Any], file: OptionFile | None, tell: Callable[[str], object]
) -> Plan:
    """The plan of `training`, which is to go on. Raises `UsageError` that names what is not as it was."""
    from sandbox.training.planning import plan_of

    manifest, directory = training.manifest, training.directory
    refuse_foreign(manifest, directory.path)
    inputs = kept(directory)
    began = replace(manifest.config, model=inputs.model, reward=inputs.reward)
    if flags.get("steps") or flags.get("epochs"):  # the one that is said stands for the other, too
        began = replace(began, steps=None, epochs=None)
    resolved = resolve(TrainingConfig, flags, file, before=Resolved(began, manifest.origins))
    config = replace(settled(resolved.config), json=False, debug=False)
    plan = plan_of(config, resolved.origins, Path(inputs.data), tell)
    refuse_changed(manifest, plan)
    return plan


def refuse_to_grow(training: Training, flags: Mapping[str, Any], file: OptionFile | None) -> None:
    """Raises `UsageError` where options ask of `training`, which is complete, what it was not."""
    manifest = training.manifest
    resolved = resolve(TrainingConfig, flags, file, before=Resolved(manifest.config, manifest.origins))
    if changed := changed_options(manifest.config, resolved.config):
        raise UsageError(
            f"{manifest.name} is complete, its learning rate has come to its end: too late for {'; '.join(changed)}.\n"
            "Train anew with another --out."
        )
