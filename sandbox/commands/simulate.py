"""`sandbox simulate`: resolves the configuration, runs it, shows it, and answers Ctrl-C."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox.calls.price_offers import hint
from sandbox.commands.confirming import confirm_forecast
from sandbox.commands.continued_options import refuse_beside_replay
from sandbox.commands.endings import COMPLETE, INTERRUPTED, WITH_FAILURES, answer_signals, display_of, exit_code
from sandbox.commands.forecast_view import forecast_answer
from sandbox.commands.streams import leave
from sandbox.commands.taking_up import resolve_again, settle
from sandbox.errors import UsageError
from sandbox.figures.killed import counted
from sandbox.inspection.output import Answer, deliver
from sandbox.options.completion import STUDIES, STUDIES_VARIABLE
from sandbox.options.config import Config
from sandbox.options.consistency import resolve_config
from sandbox.options.resolution import naming_places, resolve
from sandbox.options.speakers import speakers
from sandbox.progress.alive import alive
from sandbox.progress.display import Display
from sandbox.progress.events import Note
from sandbox.runs.directory import RunDirectory
from sandbox.runs.reading import Run, open_run
from sandbox.simulation.run import in_loop
from sandbox.simulation.simulation import Simulation, ended_as
from sandbox.simulation.verification import is_whole, plan_of, verify
from sandbox.society.composition import sentences, unlike_training
from sandbox.society.plan import Plan, make_plan
from sandbox.terminal import plain


def run_simulate(flags: Mapping[str, Any], file: Path | None, resume: str | None, *, dry_run: bool) -> int:
    """Run, go on with a run, or forecast; the exit code."""
    run = _open(flags, file, resume) if resume else None
    resolved, agreement = resolve_again(flags, file, run) if run else (resolve_config(flags, file), None)
    if resolved.config.retry_failed and not run:
        with naming_places(resolved):
            raise UsageError("--retry-failed asks calls of an earlier run again: name it with --resume RUN.")
    display = display_of(json=resolved.config.json)
    if run and not dry_run and _is_whole(run, resolved.config):
        return _leave_alone(run, display)
    if not run or not run.directory.questions.exists():
        display.show(Note(f"Reading questions from {resolved.config.questions}."))
    with alive("Preparing the run"):
        plan = make_plan(resolved.config, run)
        # What a stranger says was paid makes nothing cheaper.
        done = counted(run).manifest.totals.calls if run and agreement and not agreement.is_needed else 0
    if agreement:
        settle(resolved, agreement, plan, display, dry_run=dry_run)
    if said := hint(plan.prices, [each.name for each in speakers(plan.config)]):
        display.show(Note(said))
    if dry_run:
        deliver(forecast_answer(plan, resolved, done), json=plan.config.json)
        return COMPLETE
    for note in _notes(plan):
        display.show(note)
    confirm_forecast("This run", plan.forecast, plan.config, done)
    return in_loop(_run(plan, resolved.origins, display, run.directory if run else None))


def _notes(plan: Plan) -> Iterator[Note]:
    """What the society is made of, and what of it does not fit."""
    yield from map(Note, sentences(plan))
    yield from (Note(said, warning=True) for said in unlike_training(plan))


def _is_whole(run: Run, wanted: Config) -> bool:
    with alive(f"Comparing {run.directory.name} with its journal"):
        return is_whole(run, wanted)


def _leave_alone(run: Run, display: Display) -> int:
    """Say that there is nothing to do; the exit code is that of the run."""
    totals = run.manifest.totals
    there = f"{totals.calls} calls and {totals.planned} interactions are there already."
    display.show(Note(f"{there} Nothing is left to be done, and nothing was changed."))
    display.show(ended_as(run.manifest, run.directory.path))
    return WITH_FAILURES if totals.failed else COMPLETE


def run_replay(flags: Mapping[str, Any], name: str) -> int:
    """Verify a run; the exit code. Options that would change a run have no place here."""
    refuse_beside_replay(flags, "a run")
    run = _open(flags, None, name)
    with alive(f"Deriving {run.directory.name} from its journal"):
        verified = verify(plan_of(run), run.directory)
    said = f"{verified.calls} journalled calls give the same {verified.interactions} interactions."
    answer = Answer(document=lambda: {"event": "replayed", **verified._asdict()}, shown=lambda: [plain(said)])
    deliver(answer, json=resolve(Config, flags, None, only={"json"}).config.json)
    return COMPLETE


def _open(flags: Mapping[str, Any], file: Path | None, name: str) -> Run:
    runs = resolve(Config, flags, file, only={"runs"}).config.runs
    return open_run(name, Path(runs), Path(os.environ.get(STUDIES_VARIABLE) or STUDIES))


async def _run(plan: Plan, origins: Mapping[str, str], display: Display, resumed: RunDirectory | None) -> int:
    """Run `plan` and show it on `display`; the exit code."""
    simulation = Simulation(plan, origins, display.show, resumed)
    answer_signals(simulation.stop, display)
    try:
        with display:
            manifest = await simulation.run()
    except asyncio.CancelledError:
        leave(INTERRUPTED)
    return exit_code(manifest)
