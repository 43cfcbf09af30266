"""`sandbox train`: resolves the options, has a model trained, shows it, and answers Ctrl-C."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sandbox.commands.endings import COMPLETE, INTERRUPTED, display_of
from sandbox.commands.training_forecast import forecast_answer
from sandbox.inspection.output import deliver
from sandbox.options.resolution import resolve
from sandbox.options.training import TrainingConfig
from sandbox.preparing.training import asked, resumed, untold
from sandbox.progress.alive import alive
from sandbox.progress.display import Display, show_note
from sandbox.progress.events import Note
from sandbox.runs.training.manifest import TrainingManifest
from sandbox.runs.training.reading import Training
from sandbox.terminal import error_console
from sandbox.training.hardware import is_first
from sandbox.training.manifest import measured_before
from sandbox.training.opening import await_made
from sandbox.training.outcome import ended_as
from sandbox.training.plan import Plan
from sandbox.training.steps.quiet import quiet
from sandbox.training.training import Drive


def run_train(data: Path, flags: Mapping[str, Any], file: Path | None, *, dry_run: bool) -> int:
    """Train on the export in the folder `data`, or tell what that takes; the exit code."""
    wish = asked(data, flags, file, dry_run=dry_run)
    with _libraries() as tell:
        plans = wish.plans(tell)
    if dry_run:
        deliver(forecast_answer(list(plans.values()), wish.resolved, data), json=wish.config.json)
        return COMPLETE
    for note in untold(plans.values()) if is_first() else ():
        show_note(note, error_console())
    return _run(wish.begun(plans), json=wish.config.json)


def resume_training(name: str, flags: Mapping[str, Any], file: Path | None, *, dry_run: bool) -> int:
    """Go on with the training in the folder `name`, or with all those of a sweep; the exit code."""
    resolved = resolve(TrainingConfig, flags, file)
    json = resolved.config.json
    with _libraries() as tell:
        found, left = resumed(name, flags, file, tell)
    if dry_run and left:
        deliver(forecast_answer([plan for plan, _ in left], resolved, left[0][1].directory.path), json=json)
        return COMPLETE
    if not left:
        display = display_of(json=json)
        display.show(Note("Nothing is left to be done, and nothing was changed."))
        for each in found:
            display.show(ended_as(each.manifest, each.directory.path))
    return _run(left, json=json)


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
