"""Fills the manifest: what a run begins with, and how far it came."""

from collections.abc import Mapping

import sandbox
from sandbox.clock import timestamp
from sandbox.fingerprint import fingerprint, packages, recordable
from sandbox.manifest import Attempt, EmbedderUsed, Manifest, Models, Questions, Status, StoppedBy, Totals
from sandbox.plan import Plan
from sandbox.prices import Prices
from sandbox.questions import QuestionSet
from sandbox.tally import Tally


def first_manifest(
    plan: Plan, origins: Mapping[str, str], run_id: str, embedder: EmbedderUsed, structured: Mapping[str, str]
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
        models=Models(
            agents=tuple(dict.fromkeys(sorted(model.name for model in plan.models))),
            observer=plan.observer.name,
            reported=(),
            structured=dict(structured),
        ),
        prompts=dict(plan.prompts.digests),
        questions=_questions(plan.questions),
        prior=_questions(plan.prior) if plan.prior else None,
        embedder=embedder,
        packages=packages(),
        attempts=(Attempt(started=now, finished=None, calls=0, tries=0, wall_seconds=0.0),),
        totals=_no_totals(plan),
    )


def continued(manifest: Manifest, plan: Plan, origins: Mapping[str, str]) -> Manifest:
    """The manifest of a run that is taken up again with `plan`, which may have more rounds."""
    attempt = Attempt(started=timestamp(), finished=None, calls=0, tries=0, wall_seconds=0.0)
    return manifest.model_copy(
        update={
            "status": "running",
            "stopped_by": None,
            "finished": None,
            "config": recordable(plan.config),
            "origins": dict(origins),
            "attempts": (*manifest.attempts, attempt),
        }
    )


def starting_cost(plan: Plan) -> float | None:
    """0 where every model has a price, else None: an unknown price is unknown from the start."""
    prices = Prices.bundled()
    names = {model.name for model in (*plan.models, plan.observer)}
    return 0.0 if all(prices.knows(name) for name in names) else None


def corrected(manifest: Manifest, tally: Tally) -> Manifest:
    """The last attempt before this one as the journal knows it: a killed process could not write how far it came.

    Only upwards: what an attempt says it did, it did, also where the end of the journal was lost.
    """
    if len(manifest.attempts) < 2:
        return manifest
    *earlier, last, current = manifest.attempts
    told = Attempt(
        started=last.started,
        finished=last.finished,
        calls=max(last.calls, tally.replayed_calls - sum(attempt.calls for attempt in earlier)),
        tries=max(last.tries, tally.replayed_tries - sum(attempt.tries for attempt in earlier)),
        wall_seconds=last.wall_seconds,
    )
    return manifest.model_copy(update={"attempts": (*earlier, told, current)})


def progressed(manifest: Manifest, tally: Tally, ended: tuple[Status, StoppedBy | None] | None = None) -> Manifest:
    """`manifest` with the counts of `tally`; `ended` closes attempt and run."""
    now = timestamp() if ended else None
    totals = tally.totals()
    attempt = Attempt(
        started=manifest.attempts[-1].started,
        finished=now,
        calls=totals.calls - tally.replayed_calls,
        tries=totals.tries - tally.replayed_tries,
        wall_seconds=round(tally.attempt_seconds, 3),
    )
    status, stopped_by = ended or (manifest.status, manifest.stopped_by)
    return manifest.model_copy(
        update={
            "status": status,
            "stopped_by": stopped_by,
            "finished": now,
            "models": manifest.models.model_copy(update={"reported": tuple(sorted(tally.reported))}),
            "attempts": (*manifest.attempts[:-1], attempt),
            "totals": totals,
        }
    )


def _questions(used: QuestionSet) -> Questions:
    return Questions(name=used.name, sha256=used.sha256, count=len(used.questions), dropped=dict(used.dropped))


def _no_totals(plan: Plan) -> Totals:
    return Totals(
        planned=plan.config.rounds * plan.world.size,
        complete=0,
        failed=0,
        calls=0,
        tries=0,
        prompt_tokens=0,
        completion_tokens=0,
        calls_without_usage=0,
        cost_usd=starting_cost(plan),
        missing_ratings=0,
        wall_seconds=0.0,
    )
