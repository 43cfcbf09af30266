"""`sandbox evaluate`: resolves the configuration, asks and judges, shows it, and answers Ctrl-C."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.commands.confirming import confirm_forecast
from sandbox.commands.endings import COMPLETE, INTERRUPTED, WITH_FAILURES, answer_signals, display_of, exit_code
from sandbox.commands.evaluation_forecast import forecast_answer
from sandbox.commands.streams import leave
from sandbox.evaluation.evaluation import evaluation_run
from sandbox.evaluation.plan import Plan
from sandbox.evaluation.soundness import unsound
from sandbox.evaluation.verification import verify
from sandbox.inspection.output import Answer, deliver
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.resolution import resolve
from sandbox.preparing.continued_options import refuse_beside_replay
from sandbox.preparing.evaluating import Asked, asked, is_whole, left_alone, opened, warnings
from sandbox.progress.alive import alive
from sandbox.progress.display import Display
from sandbox.progress.events import Note
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.simulation.loop import in_loop
from sandbox.terminal import plain
from sandbox.text import typed


def run_evaluate(flags: Mapping[str, Any], file: Path | None, resume: str | None, *, dry_run: bool) -> int:
    """Evaluate, go on with an evaluation, or forecast; the exit code."""
    wish = asked(flags, file, resume)
    config, found = wish.resolved.config, wish.found
    display = display_of(json=config.json)
    if found and not dry_run and _is_whole(found, config):
        for event in left_alone(found):
            display.show(event)
        return _exit_code(found, config, display)
    with alive("Preparing the evaluation"):
        plan = wish.plan()
    for note in warnings(plan):
        display.show(note)
    if dry_run:
        deliver(forecast_answer(plan, wish.resolved, wish.done), json=config.json)
        return COMPLETE
    confirm_forecast("This evaluation", plan.forecast, plan.config, wish.done)
    return in_loop(_run(plan, wish, display))


def run_replay(flags: Mapping[str, Any], name: str) -> int:
    """Verify an evaluation; the exit code. Options that would change it have no place here."""
    refuse_beside_replay(flags, "an evaluation")
    found = opened(flags, None, name)
    with alive(f"Deriving {found.name} from its journal"):
        verified = verify(found)
    said = (
        f"{verified.calls} journalled calls give the same {verified.answers} answers, "
        f"{verified.judgements} judgements and summary."
    )
    answer = Answer(document=lambda: {"event": "replayed", **verified._asdict()}, shown=lambda: [plain(said)])
    deliver(answer, json=resolve(EvaluationConfig, flags, None, only={"json"}).config.json)
    return COMPLETE


def _is_whole(found: Evaluation, config: EvaluationConfig) -> bool:
    with alive(f"Comparing {found.name} with its journal"):
        return is_whole(found, config)


async def _run(plan: Plan, wish: Asked, display: Display) -> int:
    """Make the evaluation of `plan` and show it on `display`; the exit code."""
    run = evaluation_run(plan, wish.resolved.origins, display.show, wish.directory)
    answer_signals(run.stop, display)
    try:
        with display:
            directory, manifest = await run.run()
    except asyncio.CancelledError:
        leave(INTERRUPTED)
    return _exit_code(Evaluation(directory, manifest, plan.suites), plan.config, display)


def _exit_code(found: Evaluation, config: EvaluationConfig, display: Display) -> int:
    """What the end comes to for a shell; says which suites say little."""
    manifest = found.manifest
    if manifest.stopped_by is not None:
        return exit_code(manifest)
    poor = list(unsound(found, config.max_missing))
    if poor:
        why = f"See why: sandbox inspect {typed(found.directory.path)} --why"
        display.show(Note(f"Too much is missing of {', '.join(map(str, poor))}.\n{why}", warning=True))
    return WITH_FAILURES if poor else exit_code(manifest)
