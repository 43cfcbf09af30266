"""Fills the manifest of a rating: what it begins with, and how far it came."""

from collections.abc import Mapping

import sandbox
from sandbox.calls import manifest as calls
from sandbox.calls.accounts import Accounts
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.serving import MOST_CONCURRENCY
from sandbox.extending.installed import versions
from sandbox.rating.plan import Plan
from sandbox.rating.progress import Progress
from sandbox.runs.clock import timestamp
from sandbox.runs.manifest import Models, Status, StoppedBy, Totals
from sandbox.runs.packages import packages
from sandbox.runs.rating.manifest import RatingManifest


def first_manifest(plan: Plan, origins: Mapping[str, str], run_id: str, endpoints: Endpoints) -> RatingManifest:
    """The manifest of a rating that has made no call yet."""
    now = timestamp()
    models = Models(agents=(), observer=plan.observer, reported=(), structured={})
    return RatingManifest(
        schema_=1,
        run_id=run_id,
        status="running",
        stopped_by=None,
        created=now,
        finished=None,
        sandbox=sandbox.__version__,
        config=plan.config,
        origins=dict(origins),
        fingerprint=plan.fingerprint,
        seed=plan.config.seed,
        rated=plan.log,
        texts=plan.texts,
        dimensions=plan.inquiry.used,
        models=calls.opened(models, plan.routes, endpoints),
        prompts=dict(plan.inquiry.digests),
        packages=packages() | versions("sandbox.models", plan.routes.extensions),
        attempts=(calls.begun(now),),
        forecast=calls.expected(plan.forecast),
        totals=_totals(Accounts(plan.prices, cost_usd=starting_cost(plan)), Progress(len(plan.items))),
    )


def continued(manifest: RatingManifest, plan: Plan, origins: Mapping[str, str]) -> RatingManifest:
    """The manifest of a rating that is taken up again."""
    changed = {"config": plan.config, "origins": dict(origins)}
    return calls.taken_up(manifest, changed, plan.forecast, manifest.config.concurrency or MOST_CONCURRENCY)


def progressed(
    manifest: RatingManifest,
    accounts: Accounts,
    progress: Progress,
    ended: tuple[Status, StoppedBy | None] | None = None,
) -> RatingManifest:
    """`manifest` with the counts of `accounts` and `progress`; `ended` closes attempt and rating."""
    return calls.progressed(manifest, accounts, _totals(accounts, progress), ended)


def starting_cost(plan: Plan) -> float | None:
    """0 where the observer has a price, else None: an unknown price is unknown from the start."""
    return 0.0 if plan.prices.knows(plan.observer) else None


def _totals(accounts: Accounts, progress: Progress) -> Totals:
    return calls.totals(
        accounts,
        planned=progress.planned,
        complete=progress.complete,
        failed=progress.failed,
        missing=progress.missing,
    )
