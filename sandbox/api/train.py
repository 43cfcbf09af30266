"""`sandbox.train`: a model trained on an export, from options to the end, or going on with a training."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

from sandbox.api.given import ConfigLike, given, name_of
from sandbox.api.keywords import TrainOptions
from sandbox.api.spoken import spoken
from sandbox.api.told import OnEvent, Told
from sandbox.api.training import Training
from sandbox.errors import UsageError
from sandbox.options.file import OptionFile
from sandbox.options.training import TrainingConfig
from sandbox.preparing.training import asked, resumed, untold
from sandbox.progress.events import Note
from sandbox.runs.training import reading
from sandbox.training.opening import await_made
from sandbox.training.outcome import ended_as
from sandbox.training.plan import Plan
from sandbox.training.steps.quiet import quiet
from sandbox.training.training import Drive

_CALL = "sandbox.train"
_PARAMETERS = ("data", "config", "resume")


def train(
    data: str | os.PathLike[str] | None = None,
    config: ConfigLike = None,
    on_event: OnEvent | None = None,
    *,
    resume: str | os.PathLike[str] | None = None,
    **options: Unpack[TrainOptions],
) -> Training:
    """Train a model on `data`, a folder of `sandbox export`, or go on with the training `resume`; it at its end.

    `options` are those of `sandbox train`, by name (`objective="stable"`, `out="models/one"`), and `config` is a path
    of a TOML file, a mapping, or a `TrainingConfig`. It runs in this thread. For all else, see `sandbox.simulate`.

    Raises `UsageError` before anything is begun, `SandboxError` for what cannot go on, and `KeyboardInterrupt` after
    Ctrl-C, when a checkpoint is written.
    """
    with spoken(TrainingConfig, _PARAMETERS):
        call = given(TrainingConfig, config, options, _CALL)
        name, again = name_of(data, "data"), name_of(resume, "resume")
        if (name is None) == (again is None):
            raise UsageError(f"{_CALL}: give the data to learn from, or a training to go on with as resume=.")
    told = Told(on_event, Path(again) if again else None)
    with spoken(TrainingConfig, _PARAMETERS, call.shown), told.naming(f"{_CALL}(resume="), quiet():
        work = (
            _taken_up(again, call.flags, call.file, told) if again else _begun(str(name), call.flags, call.file, told)
        )
        return _trained(work, told)


def _begun(
    data: str, flags: Mapping[str, Any], file: OptionFile | None, told: Told
) -> tuple[Plan | None, reading.Training]:
    wish = asked(Path(data), flags, file)
    if wish.config.sweep:
        raise UsageError("--sweep makes several trainings: call sandbox.train with --weights once for each.")
    plans = wish.plans(lambda text: told.report(Note(text)))
    for note in untold(plans.values()):
        told.report(note)
    return wish.begun(plans)[0]


def _taken_up(
    name: str, flags: Mapping[str, Any], file: OptionFile | None, told: Told
) -> tuple[Plan | None, reading.Training]:
    """The training with its plan; without one where nothing is left to be done."""
    found, left = resumed(name, flags, file, lambda text: told.report(Note(text)))
    if len(found) > 1:
        raise UsageError(
            f"{name} is a sweep of several trainings: go on with one of them, such as {found[0].directory.path}"
        )
    if left:
        return left[0]
    told.report(Note("Nothing is left to be done, and nothing was changed."))
    return None, found[0]


def _trained(work: tuple[Plan | None, reading.Training], told: Told) -> Training:
    plan, training = work
    if plan is None:
        return Training(training)
    await_made(training.directory)
    told.path = training.directory.path
    manifest = Drive(plan, training.directory, training.manifest, told.report).run(_unsaid)
    told.report(ended_as(manifest, training.directory.path))
    if manifest.stopped_by == "interrupt":
        raise KeyboardInterrupt
    return Training(training._replace(manifest=manifest))


def _unsaid() -> None:
    """That it stops is no event: its end is."""
