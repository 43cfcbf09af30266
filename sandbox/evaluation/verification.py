"""Derives an evaluation again from its journal, with no model, and compares it with its files. Changes nothing."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import NamedTuple

from pydantic import BaseModel

from sandbox.calls.accounts import Accounts
from sandbox.calls.evaluation_journal import journal_of
from sandbox.calls.known import KnownCalls
from sandbox.calls.replay import replay
from sandbox.errors import SandboxError
from sandbox.evaluation.opening import check_same
from sandbox.evaluation.planning import plan_of
from sandbox.evaluation.summing import summary_bytes
from sandbox.evaluation.work import EvaluationWork
from sandbox.runs.compared import compare
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.runs.evaluation.records import AnyAnswer, Judgement
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
    work = EvaluationWork(plan)
    with closing(KnownCalls(journal_of(directory))) as known:
        calls = len(known)
        batches = replay(work, plan.routes.count, known, Accounts(plan.prices))
        outcomes = [outcome for batch in batches for outcome in batch]
        known.refuse_unused()
    outcomes += work.release()
    answers = sum(1 for _ in compare(directory.answers, _named(outcome.answer for outcome in outcomes)))
    said = _named(judgement for outcome in outcomes for judgement in outcome.judgements)
    judgements = sum(1 for _ in compare(directory.judgements, said))
    if work.released < work.planned:
        raise SandboxError(
            f"{directory.calls}: evaluation {evaluation.name} is not finished.\n"
            f"Go on with it: sandbox evaluate --resume {typed(directory.path)}"
        )
    _check_summary(evaluation)
    return Verified(calls, answers, judgements)


def _check_summary(evaluation: Evaluation) -> None:
    for path, wanted in summary_bytes(evaluation).items():
        if path.read_bytes() != wanted:
            raise SandboxError(f"{path}: is not what answers and judgements come to.")


def _named(records: "Iterator[AnyAnswer] | Iterator[Judgement]") -> Iterator[tuple[str, BaseModel]]:
    return ((f"{record.suite}/{record.item}", record) for record in records)
