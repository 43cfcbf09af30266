"""`sandbox train`: resolves the options, has a model trained, shows it, and answers Ctrl-C."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from sandbox.commands.endings import COMPLETE, INTERRUPTED, display_of
from sandbox.commands.training_forecast import forecast_answer
from sandbox.errors import UsageError
from sandbox.inspection.output import deliver
from sandbox.options.resolution import Resolved, naming_places, resolve
from sandbox.options.training import TrainingConfig
from sandbox.progress.alive import alive
from sandbox.progress.display import Display, show_note
from sandbox.progress.events import Note
from sandbox.runs.training.directory import TrainingDirectory
from sandbox.runs.training.manifest import TrainingManifest
from sandbox.runs.training.reading import Training
from sandbox.terminal import error_console
from sandbox.training.hardware import check_launched, is_first
from sandbox.training.inputs import Inputs, absolute, forget
from sandbox.training.manifest import first_manifest, measured_before
from sandbox.training.opening import await_made, made, refuse_taken, trainings_in
from sandbox.training.outcome import ended_as
from sandbox.training.plan import Plan
from sandbox.training.settled import out_of, settled, sweep_of
from sandbox.training.steps.quiet import quiet
from sandbox.training.taking_up import refuse_to_grow, taken_up
from sandbox.training.training import Drive

_NEEDED: Final = ("trl", "peft", "gguf")


def run_train(data: Path, flags: Mapping[str, Any], file: Path | None, *, dry_run: bool) -> int:
    """Train on the export in the folder `data`, or tell what that takes; the exit code."""
    _check_place()
    resolved = resolve(TrainingConfig, flags, file)
    with naming_places(resolved):
        config = settled(resolved.config)
        named = dict(sweep_of(config))
        if config.out and is_first():
            refuse_taken(Path(config.out))
        out = None if dry_run else out_of(config)
        plans = _planned(named, resolved, data)
    if out is None:
        deliver(forecast_answer(list(plans.values()), resolved, data), json=config.json)
        return COMPLETE
    manifests = {name: first_manifest(plan, (out / name).name) for name, plan in plans.items()}
    if is_first():
        _warn(plans.values())
        reward = config.reward and absolute(config.reward)
        made(out, manifests, Inputs(data=absolute(str(data)), model=absolute(config.model), reward=reward))
    trainings = [Training(TrainingDirectory(out / name), manifest) for name, manifest in manifests.items()]
    return _run(list(zip(plans.values(), trainings, strict=True)), json=config.json)


def _warn(plans: Iterable[Plan]) -> None:
    """Say what a training will not tell, before it takes its time."""
    if not any(plan.held_out for plan in plans):
        told = "Nothing is held out, so no figure will say what was learnt: sandbox export --test 0.2"
        show_note(Note(told, warning=True), error_console())


def resume_training(name: str, flags: Mapping[str, Any], file: Path | None, *, dry_run: bool) -> int:
    """Go on with the training in the folder `name`, or with all those of a sweep; the exit code."""
    _check_place()
    resolved = resolve(TrainingConfig, flags, file)
    json, found = resolved.config.json, trainings_in(Path(name))
    left = [each for each in found if each.manifest.status != "complete"]
    for each in found:
        if each not in left:
            refuse_to_grow(each, flags, file)
            forget(each.directory)  # which a kill at the very end may have prevented
    with _libraries() as tell:
        plans = [taken_up(each, flags, file, tell) for each in left]
    if dry_run and plans:
        deliver(forecast_answer(plans, resolved, left[0].directory.path), json=json)
        return COMPLETE
    if not left:
        display = display_of(json=json)
        display.show(Note("Nothing is left to be done, and nothing was changed."))
        for each in found:
            display.show(ended_as(each.manifest, each.directory.path))
    return _run(list(zip(plans, left, strict=True)), json=json)


def _planned(named: Mapping[str, TrainingConfig], resolved: Resolved[TrainingConfig], data: Path) -> dict[str, Plan]:
    from sandbox.training.planning import plan_of

    with _libraries() as tell:
        return {
            name: plan_of(replace(config, json=False, debug=False), resolved.origins, data, tell)
            for name, config in named.items()
        }


def _run(work: Sequence[tuple[Plan, Training]], *, json: bool) -> int:
    """Train one after the other, and show it; the exit code."""
    display = display_of(json=json) if is_first() and work else None
    before: TrainingManifest | None = None
    with display or nullcontext():
        for plan, training in work:
            await_made(training.directory)
            begins = measured_before(training.manifest, before) if before else training.manifest
            try:
                before = manifest = _trained(plan, training._replace(manifest=begins), display)
            except KeyboardInterrupt:
                return INTERRUPTED
            if display:
                display.show(ended_as(manifest, training.directory.path))
            if manifest.stopped_by:
                return INTERRUPTED
    return COMPLETE


def _trained(plan: Plan, training: Training, display: Display | None) -> TrainingManifest:
    drive = Drive(plan, training.directory, training.manifest, display.show if display else _silent)
    return drive.run(display.stopping if display else _silent)


def _silent(*_: object) -> None:
    """Of several processes the first alone tells."""


@contextmanager
def _libraries() -> Iterator[Callable[[str], object]]:
    """A block in which the libraries are loaded and silent, and what takes long is told by what it is given."""
    with quiet(), alive("Reading the data and the base"):
        yield lambda text: show_note(Note(text), error_console())


def _check_place() -> None:
    """Raises `UsageError` where the libraries are not installed, or this is one of processes that nobody started."""
    check_launched()
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise UsageError(
            f"sandbox train needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed.\n"
            "Install: pip install 'society-sandbox[train]'"
        )
