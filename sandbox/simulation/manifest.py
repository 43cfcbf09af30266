"""Fills the manifest: what a run begins with, and how far it came."""

from collections.abc import Mapping

import sandbox
from sandbox.calls import manifest as calls
from sandbox.calls.accounts import Accounts
from sandbox.calls.endpoints import Endpoints
from sandbox.extending.installed import versions
from sandbox.options.extensions import is_extension
from sandbox.questions.sets import QuestionSet
from sandbox.runs.clock import timestamp
from sandbox.runs.manifest import (
    EmbedderUsed,
    Manifest,
    Models,
    Questions,
    Status,
    StoppedBy,
    Totals,
)
from sandbox.runs.packages import packages
from sandbox.simulation.progress import Progress
from sandbox.society.fingerprint import fingerprint, recordable
from sandbox.society.plan import Plan
from sandbox.society.spent import most_in_flight


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
        models=calls.opened(
            Models(
                agents=tuple(dict.fromkeys(sorted(model.name for model in plan.models))),
                observer=plan.observer.name,
                reported=(),
                structured={},
            ),
            plan.routes,
            endpoints,
        ),
        prompts=dict(plan.prompts.digests),
        questions=_questions(plan.questions),
        prior=_questions(plan.prior) if plan.prior else None,
        embedder=embedder,
        packages=packages() | _extensions(plan),
        attempts=(calls.begun(now),),
        forecast=calls.expected(plan.forecast),
        population=plan.population,
        adapters=tuple(plan.adapters.values()) or None,
        totals=_totals(Accounts(plan.prices, cost_usd=starting_cost(plan)), Progress(plan.forecast.planned)),
    )


def continued(manifest: Manifest, plan: Plan, origins: Mapping[str, str]) -> Manifest:
    """The manifest of a run that is taken up again with `plan`, which may have more rounds."""
    changed = {"config": recordable(plan.config), "origins": dict(origins)}
    return calls.taken_up(manifest, changed, plan.forecast, most_in_flight(manifest.config))


def starting_cost(plan: Plan) -> float | None:
    """0 where every model has a price, else None: an unknown price is unknown from the start."""
    names = {model.name for model in (*plan.models, plan.observer)}
    return 0.0 if all(plan.prices.knows(name) for name in names) else None


def progressed(
    manifest: Manifest, accounts: Accounts, progress: Progress, ended: tuple[Status, StoppedBy | None] | None = None
) -> Manifest:
    """`manifest` with the counts of `accounts` and `progress`; `ended` closes attempt and run."""
    return calls.progressed(manifest, accounts, _totals(accounts, progress), ended)


def _extensions(plan: Plan) -> dict[str, str]:
    """Versions of the packages of extensions that the run is made with."""
    config = plan.config
    sets = [name for name in (config.questions, config.prior) if name and is_extension(name)]
    return (
        versions("sandbox.models", plan.routes.extensions)
        | versions("sandbox.questions", sets)
        | versions("sandbox.steps", [config.step])
    )


def _questions(used: QuestionSet) -> Questions:
    return Questions(name=used.name, sha256=used.sha256, count=len(used.questions), dropped=dict(used.dropped))


def _totals(accounts: Accounts, progress: Progress) -> Totals:
    return calls.totals(
        accounts,
        planned=progress.planned,
        complete=progress.complete,
        failed=progress.failed,
        missing=progress.missing,
    )
