"""`sandbox rate`: resolves the configuration, has stored texts rated, shows it, and answers Ctrl-C."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.calls.price_offers import hint
from sandbox.commands.confirming import confirm_forecast
from sandbox.commands.endings import COMPLETE, INTERRUPTED, answer_signals, display_of, exit_code
from sandbox.commands.rating_forecast import forecast_answer
from sandbox.commands.rating_options import as_observed, consistent, resolve_again
from sandbox.commands.streams import leave
from sandbox.errors import SandboxError, UsageError
from sandbox.inspection.output import Answer, deliver
from sandbox.options.completion import STUDIES, STUDIES_VARIABLE
from sandbox.options.rating import RatingConfig
from sandbox.options.resolution import Resolved, naming_places, resolve
from sandbox.preparing.continued_options import refuse_beside_replay
from sandbox.progress.alive import alive
from sandbox.progress.display import Display
from sandbox.progress.events import Note
from sandbox.rating.opening import check_new, check_same
from sandbox.rating.plan import Plan
from sandbox.rating.planning import new_plan, plan_of
from sandbox.rating.rating import ended_as, rating_run
from sandbox.rating.verification import verify
from sandbox.runs.rating.directory import RatingDirectory
from sandbox.runs.rating.reading import Rating, named_rating
from sandbox.runs.reading import Run, open_run
from sandbox.simulation.loop import in_loop
from sandbox.terminal import plain


def run_rate(name: str, flags: Mapping[str, Any], file: Path | None, *, dry_run: bool) -> int:
    """Rate the texts of the run called `name`, or forecast that; the exit code."""
    resolved = resolve(RatingConfig, flags, file)
    if resolved.config.retry_failed:
        with naming_places(resolved):
            raise UsageError("--retry-failed asks calls of an earlier rating again: name it with --resume RUN.NAME.")
    return rate(open_run(name, Path(resolved.config.runs), _studies()), resolved, dry_run=dry_run)


def rate(run: Run, resolved: Resolved[RatingConfig], *, dry_run: bool = False) -> int:
    """Rate the texts of `run` as options say, or forecast that; the exit code."""
    resolved = consistent(as_observed(resolved, run))
    display = display_of(json=resolved.config.json)
    with alive("Preparing the rating"):
        plan = new_plan(resolved.config, run)
    display.show(Note(f"{plan.texts} texts of run {run.name}: {plan.forecast.all_calls} calls to {plan.observer}."))
    if not dry_run:
        check_new(run, plan)
    return _made(plan, resolved, display, run, 0, dry_run=dry_run)


def resume_rating(name: str, flags: Mapping[str, Any], file: Path | None, *, dry_run: bool) -> int:
    """Go on with the rating called `name`, or forecast that; the exit code."""
    found = _open(name, flags, file)
    resolved = resolve_again(flags, file, found)
    display = display_of(json=resolved.config.json)
    if not dry_run and _is_whole(found, resolved.config):
        display.show(Note("Nothing is left to be done, and nothing was changed."))
        display.show(ended_as(found.manifest, found.directory.path))
        return exit_code(found.manifest)
    with alive("Preparing the rating"):
        plan = plan_of(found, resolved.config)
        check_same(plan, found.manifest)  # nobody is asked whether to pay for what cannot go on
    return _made(plan, resolved, display, found.directory, found.manifest.totals.calls, dry_run=dry_run)


def replay_rating(name: str, flags: Mapping[str, Any]) -> int:
    """Verify a rating; the exit code. Options that would change it have no place here."""
    refuse_beside_replay(flags, "a rating")
    found = _open(name, flags, None)
    with alive(f"Deriving {found.directory.name} from its journal"):
        verified = verify(found)
    said = f"{verified.calls} journalled calls give the same scores of {verified.interactions} interactions."
    answer = Answer(document=lambda: {"event": "replayed", **verified._asdict()}, shown=lambda: [plain(said)])
    deliver(answer, json=resolve(RatingConfig, flags, None, only={"json"}).config.json)
    return COMPLETE


def _made(
    plan: Plan,
    resolved: Resolved[RatingConfig],
    display: Display,
    of: Run | RatingDirectory,
    done: int,
    *,
    dry_run: bool,
) -> int:
    """Make what is left of the rating of `plan` or forecast it; the exit code."""
    if price := hint(plan.prices, [plan.observer]):
        display.show(Note(price, warning=True))
    if dry_run:
        deliver(forecast_answer(plan, resolved, done), json=plan.config.json)
        return COMPLETE
    confirm_forecast("This rating", plan.forecast, plan.config, done)
    return in_loop(_run(plan, resolved, display, of))


async def _run(plan: Plan, resolved: Resolved[RatingConfig], display: Display, of: Run | RatingDirectory) -> int:
    """Make the rating of `plan` and show it on `display`; the exit code."""
    run = rating_run(plan, resolved.origins, display.show, of)
    answer_signals(run.stop, display)
    try:
        with display:
            _, manifest = await run.run()
    except asyncio.CancelledError:
        leave(INTERRUPTED)
    return exit_code(manifest)


def _open(name: str, flags: Mapping[str, Any], file: Path | None) -> Rating:
    runs = resolve(RatingConfig, flags, file, only={"runs"}).config.runs
    return named_rating(name, Path(runs), _studies())


def _studies() -> Path:
    return Path(os.environ.get(STUDIES_VARIABLE) or STUDIES)


def _is_whole(found: Rating, config: RatingConfig) -> bool:
    """Whether nothing is left to be done: it is complete, and its log is what its journal gives."""
    if found.manifest.status != "complete" or (config.retry_failed and found.manifest.totals.failed):
        return False
    try:
        with alive(f"Comparing {found.directory.name} with its journal"):
            return bool(verify(found))
    except (SandboxError, OSError):
        return False  # what is wrong is told, or mended, by who takes it up
