"""Derives an evaluation again from its journal, with no model, and compares it with its files. Changes nothing."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import NamedTuple

from sandbox.calls.accounts import Accounts
from sandbox.calls.evaluation_journal import journal_of
from sandbox.calls.known import KnownCalls
from sandbox.calls.replay import replay
from sandbox.calls.retry_failed import under_way
from sandbox.errors import SandboxError
from sandbox.evaluation.opening import check_same
from sandbox.evaluation.outcome import Outcome
from sandbox.evaluation.plan import Plan
from sandbox.evaluation.planning import plan_of
from sandbox.evaluation.summing import summary_bytes
from sandbox.evaluation.work import EvaluationWork
from sandbox.runs.compared import Comparison
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.runs.evaluation.records import AnyAnswer, AskKey, Judgement
from sandbox.text import typed


class Verified(NamedTuple):
    """An evaluation that its journal gives again: how many calls, answers and judgements that were."""

    calls: int
    answers: int
    judgements: int


def verify(evaluation: Evaluation) -> Verified:
    """Compare logs and summary with what the journal gives. Raises `SandboxError`, naming the first difference."""
    directory = evaluation.directory
    plan = plan_of(evaluation, replace(evaluation.manifest.config, prices=None, budget_usd=None))
    check_same(plan, evaluation.manifest)
    go_on = f"Go on with it: sandbox evaluate --resume {typed(directory.path)}"
    if plan.config.retry_failed:
        raise under_way(directory.calls, go_on)
    work = EvaluationWork(plan)
    with (
        closing(KnownCalls(journal_of(directory))) as known,
        closing(Comparison(directory.answers)) as answers,
        closing(Comparison(directory.judgements)) as judgements,
    ):
        calls = len(known)
        for outcome in _derived(work, plan, known):
            answers.check(_name(outcome.answer), outcome.answer)
            for judgement in outcome.judgements:
                judgements.check(_name(judgement), judgement)
        answers.end()
        judgements.end()
    if work.released < work.planned:
        raise SandboxError(f"{directory.calls}: evaluation {evaluation.name} is not finished.\n{go_on}")
    _check_summary(evaluation)
    return Verified(calls, answers.checked, judgements.checked)


def _check_summary(evaluation: Evaluation) -> None:
    for path, wanted in summary_bytes(evaluation).items():
        if path.read_bytes() != wanted:
            raise SandboxError(f"{path}: is not what answers and judgements come to.")


def _derived(work: EvaluationWork, plan: Plan, known: KnownCalls[AskKey]) -> Iterator[Outcome]:
    for batch in replay(work, plan.routes.count, known, Accounts(plan.prices)):
        yield from batch
    yield from work.release()
    known.refuse_unused()


def _name(record: AnyAnswer | Judgement) -> str:
    return f"{record.suite}/{record.item}"
