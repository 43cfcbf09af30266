"""`sandbox simulate`: resolves the configuration, runs it, shows it, and answers Ctrl-C."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.commands.confirming import confirm_forecast
from sandbox.commands.endings import COMPLETE, INTERRUPTED, WITH_FAILURES, answer_signals, display_of, exit_code
from sandbox.commands.forecast_view import forecast_answer
from sandbox.commands.streams import leave
from sandbox.inspection.output import Answer, deliver
from sandbox.options.config import Config
from sandbox.options.resolution import resolve
from sandbox.preparing.continued_options import refuse_beside_replay
from sandbox.preparing.simulating import Asked, asked, composition, left_alone, opened
from sandbox.progress.alive import alive
from sandbox.progress.display import Display
from sandbox.runs.reading import Run
from sandbox.simulation.loop import in_loop
from sandbox.simulation.simulation import Simulation
from sandbox.simulation.verification import is_whole, plan_of, verify
from sandbox.society.plan import Plan
from sandbox.terminal import plain


def run_simulate(flags: Mapping[str, Any], file: Path | None, resume: str | None, *, dry_run: bool) -> int:
    """Run, go on with a run, or forecast; the exit code."""
    wish = asked(flags, file, resume, ["sandbox", *(word for word in sys.argv[1:] if word != "--dry-run")])
    display = display_of(json=wish.resolved.config.json)
    if wish.run and not dry_run and _is_whole(wish.run, wish.resolved.config):
        for event in left_alone(wish.run):
            display.show(event)
        return WITH_FAILURES if wish.run.manifest.totals.failed else COMPLETE
    for note in wish.reading():
        display.show(note)
    with alive("Preparing the run"):
        plan, done = wish.plan(), wish.done
    wish.settle(plan, display.show, dry_run=dry_run)
    if dry_run:
        deliver(forecast_answer(plan, wish.resolved, done), json=plan.config.json)
        return COMPLETE
    for note in composition(plan):
        display.show(note)
    confirm_forecast("This run", plan.forecast, plan.config, done)
    return in_loop(_run(plan, wish, display))


def _is_whole(run: Run, wanted: Config) -> bool:
    with alive(f"Comparing {run.directory.name} with its journal"):
        return is_whole(run, wanted)


def run_replay(flags: Mapping[str, Any], name: str) -> int:
    """Verify a run; the exit code. Options that would change a run have no place here."""
    refuse_beside_replay(flags, "a run")
    run = opened(flags, None, name)
    with alive(f"Deriving {run.directory.name} from its journal"):
        verified = verify(plan_of(run), run.directory)
    said = f"{verified.calls} journalled calls give the same {verified.interactions} interactions."
    answer = Answer(document=lambda: {"event": "replayed", **verified._asdict()}, shown=lambda: [plain(said)])
    deliver(answer, json=resolve(Config, flags, None, only={"json"}).config.json)
    return COMPLETE


async def _run(plan: Plan, wish: Asked, display: Display) -> int:
    """Run `plan` and show it on `display`; the exit code."""
    simulation = Simulation(plan, wish.resolved.origins, display.show, wish.directory)
    answer_signals(simulation.stop, display)
    try:
        with display:
            manifest = await simulation.run()
    except asyncio.CancelledError:
        leave(INTERRUPTED)
    return exit_code(manifest)
