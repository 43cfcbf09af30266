"""Derives a rating again from its journal, with no model, and compares it with its log. Changes nothing."""

from contextlib import closing
from dataclasses import replace
from typing import NamedTuple

from sandbox.calls.accounts import Accounts
from sandbox.calls.known import KnownCalls
from sandbox.calls.rating_journal import journal_of
from sandbox.calls.replay import replay
from sandbox.calls.retry_failed import under_way
from sandbox.errors import SandboxError
from sandbox.rating.opening import check_same
from sandbox.rating.planning import plan_of
from sandbox.rating.work import RatingWork
from sandbox.runs.compared import compare
from sandbox.runs.rating.reading import Rating
from sandbox.runs.rating.words import going_on


class Verified(NamedTuple):
    """A rating that its journal gives again: how many calls and interactions that were."""

    calls: int
    interactions: int


def verify(rating: Rating) -> Verified:
    """Compare the log with what the journal gives. Raises `SandboxError`, naming the first difference."""
    directory = rating.directory
    plan = plan_of(rating, replace(rating.manifest.config, prices=None, budget_usd=None))
    check_same(plan, rating.manifest)
    if plan.config.retry_failed:
        raise under_way(directory.calls, going_on(directory.path))
    work = RatingWork(plan)
    with closing(KnownCalls(journal_of(directory))) as known:
        calls = len(known)
        batches = replay(work, plan.routes.count, known, Accounts(plan.prices))
        derived = (record for batch in batches for record in batch)
        compared = sum(1 for _ in compare(directory.scores, ((each.id, each) for each in derived)))
        known.refuse_unused()
    if work.released < work.planned:
        raise SandboxError(f"{directory.calls}: {rating.directory.name} is not finished.\n{going_on(directory.path)}")
    return Verified(calls, compared)
