"""From options to a plan: the suites as this evaluation asks them, and the answers that are there already.

Reads what is kept in folders of evaluations; finds no suite and asks nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sandbox.calls.price_offers import priced
from sandbox.errors import UsageError
from sandbox.evaluation.plan import Plan
from sandbox.options.evaluation import EvaluationConfig
from sandbox.runs.adapters import AdapterUsed
from sandbox.runs.evaluation.reading import Evaluation, read_answers
from sandbox.runs.evaluation.records import AnyAnswer
from sandbox.runs.training.adapters import read_adapter
from sandbox.suites.digest import digest_of
from sandbox.suites.suite import Suite

Stored = Mapping[tuple[str, str, int], AnyAnswer]


def new_plan(
    config: EvaluationConfig, suites: Iterable[Suite], answers_of: str | None = None, stored: Iterable[AnyAnswer] = ()
) -> Plan:
    """The plan of a new evaluation of `suites`; with `answers_of`, the answers that are `stored` are judged again.

    Raises `UsageError` where nothing would be asked of anybody.
    """
    found = sorted((_as_asked(config, suite) for suite in suites), key=lambda suite: suite.name)
    adapter = read_adapter(config.adapter) if config.adapter else None
    plan = replace(_plan(config, tuple(found), answers_of, stored), adapter=adapter)
    if not plan.stages:
        raise UsageError("Nothing in these suites is judged, so their stored answers need no judge.")
    return plan


def plan_of(evaluation: Evaluation, config: EvaluationConfig) -> Plan:
    """The plan that `evaluation` was made with, from what it kept, with the options of `config`."""
    answers_of = evaluation.manifest.answers_of
    stored = read_answers(evaluation.directory.stored) if answers_of else ()
    return replace(_plan(config, evaluation.suites, answers_of, stored), adapter=_kept_adapter(evaluation, config))


def _kept_adapter(evaluation: Evaluation, config: EvaluationConfig) -> AdapterUsed | None:
    """What the manifest says of it: no file need be there. Raises `UsageError` where only one of both has any."""
    known = evaluation.manifest.adapters
    if bool(known) == bool(config.adapter):
        return known[0] if known else None
    then = f"with the adapter {known[0].name} ({known[0].folder})" if known else "without an adapter"
    raise UsageError(f"Evaluation {evaluation.name} was made {then}.\nName the same: --adapter DIR")


def _plan(
    config: EvaluationConfig, suites: tuple[Suite, ...], answers_of: str | None, stored: Iterable[AnyAnswer]
) -> Plan:
    names = [config.model, config.judging.name] if config.budget_usd else []
    by_place = {(answer.suite, answer.item, answer.sample): answer for answer in stored}
    return Plan(config, suites, priced(config.prices, names), answers_of, by_place)


def _as_asked(config: EvaluationConfig, suite: Suite) -> Suite:
    """`suite` with answers as long as options say."""
    if config.max_tokens is None:
        return suite
    sampling = suite.sampling.model_copy(update={"max_tokens": config.max_tokens})
    changed = suite.model_copy(update={"sampling": sampling})
    return changed.model_copy(update={"digest": digest_of(changed)})
