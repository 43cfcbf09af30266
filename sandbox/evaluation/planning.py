"""From options to a plan: the suites as this evaluation asks them, and the answers that are there already.

Reads what is kept in folders of evaluations; finds no suite and asks nobody.
"""

from collections.abc import Iterable, Mapping

from sandbox.calls.price_offers import priced
from sandbox.errors import UsageError
from sandbox.evaluation.plan import Plan
from sandbox.options.evaluation import EvaluationConfig
from sandbox.runs.evaluation.reading import Evaluation, read_answers
from sandbox.runs.evaluation.records import AnyAnswer
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
    plan = _plan(config, tuple(found), answers_of, stored)
    if not plan.stages:
        raise UsageError("Nothing in these suites is judged, so their stored answers need no judge.")
    return plan


def plan_of(evaluation: Evaluation, config: EvaluationConfig) -> Plan:
    """The plan that `evaluation` was made with, from what it kept, with the options of `config`."""
    answers_of = evaluation.manifest.answers_of
    stored = read_answers(evaluation.directory.stored) if answers_of else ()
    return _plan(config, evaluation.suites, answers_of, stored)


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
