"""What every manifest says of the calls of its work: its attempts, its totals, where models are asked, and prices.

Knows accounts and endpoints; not what the work is about.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sandbox.calls.accounts import Accounts
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.forecast import Forecast
from sandbox.calls.routes import Routes, default_of
from sandbox.runs.any_manifest import M
from sandbox.runs.clock import timestamp
from sandbox.runs.manifest import (
    MOST_SYSTEMS,
    AttemptEntry,
    Expected,
    Lost,
    Models,
    PriceUsed,
    Status,
    StoppedBy,
    Totals,
)

NOTHING_LOST: Final = Lost(calls=0, tokens=0, cost_usd=0.0)


def begun(at: str) -> AttemptEntry:
    """An attempt that began then, and has made no call."""
    return AttemptEntry(started=at, finished=None, calls=0, tries=0, wall_seconds=0.0, lost=NOTHING_LOST, unknown=0)


def expected(forecast: Forecast) -> Expected:
    """What a manifest keeps of `forecast`."""
    return Expected(
        calls=forecast.all_calls,
        prompt_tokens=forecast.prompt_tokens,
        completion_tokens=forecast.completion_tokens,
        cost_usd=forecast.cost_usd,
    )


def totals(accounts: Accounts, *, planned: int, complete: int, failed: int, missing: int) -> Totals:
    """The accounts of all attempts beside how far the work came; `missing` counts what could not be read."""
    return Totals(
        planned=planned,
        complete=complete,
        failed=failed,
        calls=accounts.paid_calls,
        tries=accounts.tries,
        prompt_tokens=accounts.prompt_tokens,
        completion_tokens=accounts.completion_tokens,
        calls_without_usage=accounts.calls_without_usage,
        cost_usd=accounts.cost_usd,
        missing_ratings=missing,
        wall_seconds=round(accounts.earlier_seconds + accounts.attempt_seconds, 3),
        calls_with_thinking=accounts.calls_with_thinking,
        calls_cut_while_thinking=accounts.calls_cut_while_thinking,
        calls_with_marks=accounts.calls_with_marks,
        cached=accounts.cached,
    )


def taken_up(manifest: M, changed: Mapping[str, Any], forecast: Forecast, in_flight: int) -> M:
    """`manifest` of a work that is taken up again, with what has `changed`.

    An attempt without an end was killed, with at most so many calls `in_flight`.
    """
    before: list[AttemptEntry] = list(manifest.attempts)
    if before and before[-1].finished is None:
        before[-1] = before[-1].model_copy(update={"unknown": in_flight})
    return manifest.model_copy(
        update={
            "status": "running",
            "stopped_by": None,
            "finished": None,
            "attempts": (*before, begun(timestamp())),
            "forecast": expected(forecast),
            **changed,
        }
    )


def corrected(manifest: M, accounts: Accounts, ready: int) -> M:
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
    manifest: M, accounts: Accounts, now_total: Totals, ended: tuple[Status, StoppedBy | None] | None = None
) -> M:
    """`manifest` with the counts of `accounts` and `now_total`; `ended` closes attempt and work."""
    now = timestamp() if ended else None
    attempt = AttemptEntry(
        started=manifest.attempts[-1].started,
        finished=now,
        calls=now_total.calls - accounts.earlier_calls,
        tries=now_total.tries - accounts.earlier_tries,
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
            "totals": now_total,
            "overruns": dict(sorted(accounts.overruns.items())),
            "prices_used": prices_used(manifest.models, accounts),
        }
    )


def answered(models: Models, accounts: Accounts) -> Models:
    """What answers said of who gave them; the journal says nothing of systems, so those of earlier attempts stay."""
    systems = tuple(sorted({*models.systems, *accounts.systems})[:MOST_SYSTEMS])
    return models.model_copy(update=accounts.names | {"systems": systems})


def opened(models: Models, routes: Routes, endpoints: Endpoints) -> Models:
    """`models` as `endpoints`, which are probed, take them: at what level, and where beside all earlier places."""
    now = endpoints.addresses(routes)
    places = {
        name: tuple(dict.fromkeys([*models.endpoints.get(name, ()), *now.get(name, ())]))
        for name in sorted({*models.endpoints, *now})
    }
    default = default_of(routes)
    return models.model_copy(
        update={
            "structured": endpoints.levels(routes),
            "endpoints": places,
            "default_endpoint": str(default[1]) if default else models.default_endpoint,
        }
    )


def prices_used(models: Models, accounts: Accounts) -> dict[str, PriceUsed]:
    """The prices that cost is reckoned with, and those of models that were served in place of the ones asked for."""
    asked = {*models.agents, models.observer}
    used = {name: accounts.prices.listed(name) for name in asked}
    served = set().union(*accounts.served.values()) - asked
    used |= {name: accounts.prices.likely(name) for name in served}
    return {
        name: PriceUsed(**each.price._asdict(), name=each.name, source=each.source, date=each.date)
        for name, each in sorted(used.items())
        if each
    }


def _lost(accounts: Accounts) -> Lost:
    lost = accounts.lost
    cost = None if accounts.cost_usd is None else lost.usd
    return Lost(calls=lost.calls, tokens=lost.tokens, cost_usd=cost)
