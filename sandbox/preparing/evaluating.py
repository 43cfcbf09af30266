"""An evaluation before its first call: its options, the one to go on with, its plan, what should be known of it.

Asks nobody and prints nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents.model_names import same_family
from sandbox.calls.price_offers import hint
from sandbox.errors import SandboxError, UsageError
from sandbox.evaluation.plan import Plan
from sandbox.evaluation.planning import new_plan, plan_of
from sandbox.evaluation.verification import verify
from sandbox.evaluation.words import ended_as
from sandbox.options.consistency import check_adapter, check_url, check_variable, is_served
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.file import OptionFile
from sandbox.options.resolution import Resolved, naming_places, resolve
from sandbox.preparing.evaluation_sources import check_stored, sources
from sandbox.preparing.evaluation_taking_up import resolve_again
from sandbox.progress.events import Finished, Note
from sandbox.runs.adapters import asked_otherwise
from sandbox.runs.evaluation.directory import EvaluationDirectory
from sandbox.runs.evaluation.reading import Evaluation, open_evaluation
from sandbox.runs.training.adapters import check_same
from sandbox.suites.suite import Suite


@dataclass(frozen=True)
class Asked:
    """What is asked for: options, and the evaluation to go on with."""

    resolved: Resolved[EvaluationConfig]
    found: Evaluation | None = None

    @property
    def directory(self) -> EvaluationDirectory | None:
        """That of the evaluation to go on with."""
        return self.found.directory if self.found else None

    @property
    def done(self) -> int:
        """How many calls are paid."""
        return self.found.manifest.totals.calls if self.found else 0

    def plan(self) -> Plan:
        """The plan. Raises `UsageError`, `SandboxError` for what it cannot be made of."""
        return _same_plan(self.found, self.resolved.config) if self.found else _new_plan(self.resolved)


def asked(flags: Mapping[str, Any], file: OptionFile | None, resume: str | None) -> Asked:
    """What options come to, for a new evaluation or the one called `resume`. Raises `UsageError`, `SandboxError`."""
    if resume:
        if flags.get("run_id"):
            raise UsageError("--resume goes on with an evaluation under its own name: leave out --run-id.")
        if flags.get("answers"):
            raise UsageError("--resume goes on with an evaluation as it is: leave out --answers.")
        found = opened(flags, file, resume)
        return Asked(resolve_again(flags, file, found), found)
    resolved = consistent(resolve(EvaluationConfig, flags, file))
    if resolved.config.retry_failed:
        with naming_places(resolved):
            raise UsageError("--retry-failed asks calls of an earlier evaluation again: name it with --resume EVAL.")
    return Asked(resolved)


def opened(flags: Mapping[str, Any], file: OptionFile | None, name: str) -> Evaluation:
    """The evaluation called `name`. Raises `UsageError` where there is none."""
    return open_evaluation(name, Path(resolve(EvaluationConfig, flags, file, only={"runs"}).config.runs))


def is_whole(found: Evaluation, config: EvaluationConfig) -> bool:
    """Whether nothing is left to be done: it is complete, and its files are what its journal gives."""
    if found.manifest.status != "complete" or (config.retry_failed and found.manifest.totals.failed):
        return False
    try:
        return bool(verify(found))
    except (SandboxError, OSError):
        return False  # what is wrong is told, or mended, by who takes it up


def left_alone(found: Evaluation) -> Iterator[Note | Finished]:
    """That there is nothing to do, and how `found` ended."""
    yield Note("Nothing is left to be done, and nothing was changed.")
    yield ended_as(found.manifest, found.directory.path)


def warnings(plan: Plan) -> Iterator[Note]:
    """What should be known before anything is asked."""
    yield from (Note(said, warning=True) for said in _warnings(plan))


def consistent(resolved: Resolved[EvaluationConfig]) -> Resolved[EvaluationConfig]:
    """The same options, if they can hold together. Raises `UsageError`."""
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


def _warnings(plan: Plan) -> Iterator[str]:
    for suite in plan.suites:
        yield from (f"Suite {suite.name}: {warning}" for warning in suite.warnings)
    if plan.judge and same_family(plan.config.model, plan.judge) and any(map(_asks_both, plan.suites)):
        yield (
            f"The judge {plan.judge} is of the same family as the model {plan.config.model}: "
            "judges prefer what is like their own."
        )
    if plan.adapter and (unlike := asked_otherwise(plan.adapter, None)):
        yield unlike
    if price := hint(plan.prices, [model.name for model in plan.stages.values()]):
        yield price


def _asks_both(suite: Suite) -> bool:
    return suite.judge is not None and any(not item.given for item in suite.items)
