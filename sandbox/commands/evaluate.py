"""`sandbox evaluate`: resolves the configuration, asks and judges, shows it, and answers Ctrl-C."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from agents.model_names import same_family
from sandbox.calls.price_offers import hint
from sandbox.commands.confirming import confirm_forecast
from sandbox.commands.endings import COMPLETE, INTERRUPTED, WITH_FAILURES, answer_signals, display_of, exit_code
from sandbox.commands.evaluation_forecast import forecast_answer
from sandbox.commands.streams import leave
from sandbox.errors import SandboxError, UsageError
from sandbox.evaluation.evaluation import evaluation_run
from sandbox.evaluation.plan import Plan
from sandbox.evaluation.planning import new_plan, plan_of
from sandbox.evaluation.soundness import unsound
from sandbox.evaluation.verification import verify
from sandbox.evaluation.words import ended_as
from sandbox.inspection.output import Answer, deliver
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.resolution import Resolved, naming_places, resolve
from sandbox.preparing.continued_options import refuse_beside_replay
from sandbox.preparing.evaluation_sources import check_stored, sources
from sandbox.preparing.evaluation_taking_up import resolve_again
from sandbox.progress.alive import alive
from sandbox.progress.display import Display
from sandbox.progress.events import Note
from sandbox.runs.adapters import asked_otherwise
from sandbox.runs.evaluation.directory import EvaluationDirectory
from sandbox.runs.evaluation.reading import Evaluation, open_evaluation
from sandbox.runs.training.adapters import check_same
from sandbox.simulation.run import in_loop
from sandbox.suites.suite import Suite
from sandbox.terminal import plain
from sandbox.text import typed


def run_evaluate(flags: Mapping[str, Any], file: Path | None, resume: str | None, *, dry_run: bool) -> int:
    """Evaluate, go on with an evaluation, or forecast; the exit code."""
    found = _open(flags, file, resume) if resume else None
    resolved = resolve_again(flags, file, found) if found else consistent(resolve(EvaluationConfig, flags, file))
    config = resolved.config
    if config.retry_failed and not found:
        with naming_places(resolved):
            raise UsageError("--retry-failed asks calls of an earlier evaluation again: name it with --resume EVAL.")
    display = display_of(json=config.json)
    if found and not dry_run and _is_whole(found, config):
        display.show(Note("Nothing is left to be done, and nothing was changed."))
        display.show(ended_as(found.manifest, found.directory.path))
        return _exit_code(found, config, display)
    with alive("Preparing the evaluation"):
        plan = _same_plan(found, config) if found else _new_plan(resolved)
    for said in _warnings(plan):
        display.show(Note(said, warning=True))
    done = found.manifest.totals.calls if found else 0
    if dry_run:
        deliver(forecast_answer(plan, resolved, done), json=config.json)
        return COMPLETE
    confirm_forecast("This evaluation", plan.forecast, plan.config, done)
    return in_loop(_run(plan, resolved, display, found.directory if found else None))


def _same_plan(found: Evaluation, config: EvaluationConfig) -> Plan:
    """The plan of `found`, as it goes on. Raises `UsageError` where its adapter is another one now."""
    plan = plan_of(found, config)
    if plan.adapter and config.adapter:
        check_same(config.adapter, plan.adapter, f"Evaluation {found.name}")
    return plan


def _new_plan(resolved: Resolved[EvaluationConfig]) -> Plan:
    """The plan of a new evaluation. Raises `UsageError`."""
    config, named = resolved.config, sources(resolved)
    if named.model and resolved.origins["model"] == "flag" and config.model != named.model:
        raise UsageError(
            f"--model {config.model} is asked nothing: {config.answers} has answers of {named.model}.\n"
            "Name who judges them with --judge."
        )
    seed = config.seed if named.seed is None else named.seed
    config = replace(config, model=named.model or config.model, seed=seed)
    return new_plan(config, named.suites, named.answers_of, named.stored)


def consistent(resolved: Resolved[EvaluationConfig]) -> Resolved[EvaluationConfig]:
    """The same options, if they can hold together. Raises `UsageError`."""
    from sandbox.options.consistency import check_adapter, check_url, check_variable, is_served

    config = resolved.config
    with naming_places(resolved):
        check_stored(config)
        check_adapter("--adapter", config.asked)
        check_url("--base-url", config.base_url)
        check_url("--judge-base-url", config.judge_base_url)
        check_variable("--judge-api-key-env", config.judge_api_key_env)
        names = {config.model} | (set() if config.judge_base_url else {config.judging.name})
        if config.base_url and not any(map(is_served, names)):
            raise UsageError(
                f"--base-url {config.base_url} would not be used: {config.model} is not served there.\n"
                "Name a model of that server with --model or --judge."
            )
        if config.judge_api_key_env and not config.judge_base_url:
            raise UsageError("--judge-api-key-env is for an endpoint of its own: give --judge-base-url too.")
    return resolved


def run_replay(flags: Mapping[str, Any], name: str) -> int:
    """Verify an evaluation; the exit code. Options that would change it have no place here."""
    refuse_beside_replay(flags, "an evaluation")
    found = _open(flags, None, name)
    with alive(f"Deriving {found.name} from its journal"):
        verified = verify(found)
    said = (
        f"{verified.calls} journalled calls give the same {verified.answers} answers, "
        f"{verified.judgements} judgements and summary."
    )
    answer = Answer(document=lambda: {"event": "replayed", **verified._asdict()}, shown=lambda: [plain(said)])
    deliver(answer, json=resolve(EvaluationConfig, flags, None, only={"json"}).config.json)
    return COMPLETE


def _open(flags: Mapping[str, Any], file: Path | None, name: str) -> Evaluation:
    return open_evaluation(name, Path(resolve(EvaluationConfig, flags, file, only={"runs"}).config.runs))


def _is_whole(found: Evaluation, config: EvaluationConfig) -> bool:
    """Whether nothing is left to be done: it is complete, and its files are what its journal gives."""
    if found.manifest.status != "complete" or (config.retry_failed and found.manifest.totals.failed):
        return False
    try:
        with alive(f"Comparing {found.name} with its journal"):
            return bool(verify(found))
    except (SandboxError, OSError):
        return False  # what is wrong is told, or mended, by who takes it up


def _warnings(plan: Plan) -> list[str]:
    """What should be known before anything is asked."""
    said = [f"Suite {suite.name}: {warning}" for suite in plan.suites for warning in suite.warnings]
    if plan.judge and same_family(plan.config.model, plan.judge) and any(map(_asks_both, plan.suites)):
        said.append(
            f"The judge {plan.judge} is of the same family as the model {plan.config.model}: "
            "judges prefer what is like their own."
        )
    if plan.adapter and (unlike := asked_otherwise(plan.adapter, None)):
        said.append(unlike)
    if price := hint(plan.prices, [model.name for model in plan.stages.values()]):
        said.append(price)
    return said


def _asks_both(suite: Suite) -> bool:
    return suite.judge is not None and any(not item.given for item in suite.items)


async def _run(
    plan: Plan, resolved: Resolved[EvaluationConfig], display: Display, resumed: EvaluationDirectory | None
) -> int:
    """Make the evaluation of `plan` and show it on `display`; the exit code."""
    run = evaluation_run(plan, resolved.origins, display.show, resumed)
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
