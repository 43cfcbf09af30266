"""Fills the manifest: what a run begins with, and how far it came."""

from collections.abc import Mapping
from dataclasses import replace

import sandbox
from sandbox.calls.accounts import Accounts
from sandbox.calls.endpoints import Endpoints
from sandbox.questions.sets import QuestionSet
from sandbox.runs.clock import timestamp
from sandbox.runs.manifest import (
    AttemptEntry,
    EmbedderUsed,
    Expected,
    Lost,
    Manifest,
    Models,
    Questions,
    Status,
    StoppedBy,
    Totals,
)
from sandbox.simulation.models import opened, prices_used
from sandbox.simulation.progress import Progress
from sandbox.society.fingerprint import fingerprint, packages, recordable
from sandbox.society.plan import Plan
from sandbox.society.spent import is_cut_off, most_in_flight
from sandbox.society.tally import answered


def first_manifest(
    plan: Plan, origins: Mapping[str, str], run_id: str, embedder: EmbedderUsed, endpoints: Endpoints
) -> Manifest:
    """The manifest of a run that has made no call yet."""
    now = timestamp()
    return Manifest(
        schema_=1,
        run_id=run_id,
        status="running",
        stopped_by=None,
        created=now,
        finished=None,
        sandbox=sandbox.__version__,
        config=recordable(plan.config),
        origins=dict(origins),
        fingerprint=fingerprint(plan, embedder.digest),
        seed=plan.config.seed,
        models=opened(
            Models(
                agents=tuple(dict.fromkeys(sorted(model.name for model in plan.models))),
                observer=plan.observer.name,
                reported=(),
                structured={},
            ),
            plan,
            endpoints,
        ),
        prompts=dict(plan.prompts.digests),
        questions=_questions(plan.questions),
        prior=_questions(plan.prior) if plan.prior else None,
        embedder=embedder,
        packages=packages(),
        attempts=(_begun(now),),
        forecast=_expected(plan),
        totals=_totals(Accounts(plan.prices, cost_usd=starting_cost(plan)), Progress(plan.forecast.interactions)),
    )


def continued(manifest: Manifest, plan: Plan, origins: Mapping[str, str]) -> Manifest:
    """The manifest of a run that is taken up again with `plan`, which may have more rounds."""
    before = list(manifest.attempts)
    if is_cut_off(manifest):  # it was killed, with no more in flight than it was allowed
        before[-1] = before[-1].model_copy(update={"unknown": most_in_flight(manifest.config)})
    return manifest.model_copy(
        update={
            "status": "running",
            "stopped_by": None,
            "finished": None,
            "config": recordable(plan.config),
            "origins": dict(origins),
            "attempts": (*before, _begun(timestamp())),
            "forecast": _expected(plan),
        }
    )


def starting_cost(plan: Plan) -> float | None:
    """0 where every model has a price, else None: an unknown price is unknown from the start."""
    names = {model.name for model in (*plan.models, plan.observer)}
    return 0.0 if all(plan.prices.knows(name) for name in names) else None


def corrected(manifest: Manifest, accounts: Accounts, ready: int) -> Manifest:
    """The last attempt before this one as the journal knows it: a killed process could not write how far it came.

    Counts only go up: what an attempt says it did, it did, also where the end of the journal was lost. Only calls that
    are `ready` again can have been in flight when it was killed.
    """
    if len(manifest.attempts) < 2:
        return manifest
    *earlier, last, current = manifest.attempts
    told = {
        "calls": max(last.calls, accounts.earlier_calls - sum(attempt.calls for attempt in earlier)),
        "tries": max(last.tries, accounts.earlier_tries - sum(attempt.tries for attempt in earlier)),
        "unknown": min(last.unknown, ready),
    }
    return manifest.model_copy(update={"attempts": (*earlier, last.model_copy(update=told), current)})


def progressed(
    manifest: Manifest, accounts: Accounts, progress: Progress, ended: tuple[Status, StoppedBy | None] | None = None
) -> Manifest:
    """`manifest` with the counts of `accounts` and `progress`; `ended` closes attempt and run."""
    now = timestamp() if ended else None
    totals = _totals(accounts, progress)
    attempt = AttemptEntry(
        started=manifest.attempts[-1].started,
        finished=now,
        calls=totals.calls - accounts.earlier_calls,
        tries=totals.tries - accounts.earlier_tries,
        wall_seconds=round(accounts.attempt_seconds, 3),
        lost=_lost(accounts),
        unknown=0,
    )
    status, stopped_by = ended or (manifest.status, manifest.stopped_by)
    return manifest.model_copy(
        update={
            "status": status,
            "stopped_by": stopped_by,
            "finished": now,
            # A retry that was stopped goes on as one; the next retry after its end is asked for anew.
            "config": replace(manifest.config, retry_failed=False) if status == "complete" else manifest.config,
            "models": answered(manifest.models, accounts),
            "attempts": (*manifest.attempts[:-1], attempt),
            "totals": totals,
            "overruns": dict(sorted(accounts.overruns.items())),
            "prices_used": prices_used(manifest.models, accounts),
        }
    )


def _begun(at: str) -> AttemptEntry:
    lost = Lost(calls=0, tokens=0, cost_usd=0.0)
    return AttemptEntry(started=at, finished=None, calls=0, tries=0, wall_seconds=0.0, lost=lost, unknown=0)


def _lost(accounts: Accounts) -> Lost:
    lost = accounts.lost
    cost = None if accounts.cost_usd is None else lost.usd
    return Lost(calls=lost.calls, tokens=lost.tokens, cost_usd=cost)


def _expected(plan: Plan) -> Expected:
    expected = plan.forecast
    return Expected(
        calls=expected.all_calls,
        prompt_tokens=expected.prompt_tokens,
        completion_tokens=expected.completion_tokens,
        cost_usd=expected.cost_usd,
    )


def _questions(used: QuestionSet) -> Questions:
    return Questions(name=used.name, sha256=used.sha256, count=len(used.questions), dropped=dict(used.dropped))


def _totals(accounts: Accounts, progress: Progress) -> Totals:
    return Totals(
        planned=progress.planned,
        complete=progress.complete,
        failed=progress.failed,
        calls=accounts.paid_calls,
        tries=accounts.tries,
        prompt_tokens=accounts.prompt_tokens,
        completion_tokens=accounts.completion_tokens,
        calls_without_usage=accounts.calls_without_usage,
        cost_usd=accounts.cost_usd,
        missing_ratings=progress.missing,
        wall_seconds=round(accounts.earlier_seconds + accounts.attempt_seconds, 3),
        calls_with_thinking=accounts.calls_with_thinking,
        calls_cut_while_thinking=accounts.calls_cut_while_thinking,
        calls_with_marks=accounts.calls_with_marks,
    )
