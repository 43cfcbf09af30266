"""Fills the manifest of an evaluation: what it begins with, and how far it came."""

from collections.abc import Mapping

import sandbox
from sandbox.calls import manifest as calls
from sandbox.calls.accounts import Accounts
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.serving import MOST_CONCURRENCY
from sandbox.evaluation.plan import Plan
from sandbox.evaluation.progress import Progress
from sandbox.extending.installed import versions
from sandbox.runs.clock import timestamp
from sandbox.runs.evaluation.manifest import EvaluationManifest, SuiteUsed
from sandbox.runs.manifest import Models, Status, StoppedBy, Totals
from sandbox.runs.packages import packages


def first_manifest(plan: Plan, origins: Mapping[str, str], run_id: str, endpoints: Endpoints) -> EvaluationManifest:
    """The manifest of an evaluation that has made no call yet."""
    now = timestamp()
    return EvaluationManifest(
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
        suites=tuple(
            SuiteUsed(
                name=suite.name,
                digest=suite.digest,
                items=len(suite.items),
                licence=suite.licence,
                dropped=dict(suite.dropped),
            )
            for suite in plan.suites
        ),
        judge=plan.judge,
        answers_of=plan.answers_of,
        models=calls.opened(_models(plan), plan.routes, endpoints),
        prompts=plan.prompts,
        adapters=(plan.adapter,) if plan.adapter else None,
        packages=packages() | versions("sandbox.models", plan.routes.extensions),
        attempts=(calls.begun(now),),
        forecast=calls.expected(plan.forecast),
        totals=_totals(Accounts(plan.prices, cost_usd=starting_cost(plan)), Progress(len(plan.places))),
    )


def continued(manifest: EvaluationManifest, plan: Plan, origins: Mapping[str, str]) -> EvaluationManifest:
    """The manifest of an evaluation that is taken up again."""
    changed = {"config": plan.config, "origins": dict(origins)}
    most = plan.routes.count * (manifest.config.concurrency or MOST_CONCURRENCY)
    return calls.taken_up(manifest, changed, plan.forecast, most)


def progressed(
    manifest: EvaluationManifest,
    accounts: Accounts,
    progress: Progress,
    ended: tuple[Status, StoppedBy | None] | None = None,
) -> EvaluationManifest:
    """`manifest` with the counts of `accounts` and `progress`; `ended` closes attempt and evaluation."""
    return calls.progressed(manifest, accounts, _totals(accounts, progress), ended)


def starting_cost(plan: Plan) -> float | None:
    """0 where every model has a price, else None: an unknown price is unknown from the start."""
    return 0.0 if all(plan.prices.knows(model.name) for model in plan.stages.values()) else None


def _models(plan: Plan) -> Models:
    asked = tuple(model.name for stage, model in plan.stages.items() if stage == "answer")
    return Models(agents=asked, observer=plan.judge or "", reported=(), structured={})


def _totals(accounts: Accounts, progress: Progress) -> Totals:
    return calls.totals(
        accounts,
        planned=progress.planned,
        complete=progress.complete,
        failed=progress.failed,
        missing=progress.missing,
    )
