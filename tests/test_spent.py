"""What a run has spent so far, as whoever shares a budget among runs reckons it without taking them up."""

from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from fake_endpoint import Behaviour, serve

from sandbox.calls.accounts import Accounts
from sandbox.calls.budget import Budget
from sandbox.calls.spending import Amount
from sandbox.runs.directory import RunDirectory
from sandbox.runs.manifest import Lost, Manifest
from sandbox.runs.reading import read_run
from sandbox.simulation.attempt import SocietyAttempt
from sandbox.simulation.opening import NOTHING_SHARED
from sandbox.simulation.resumption import kept_vectors
from sandbox.society.plan import make_plan
from sandbox.society.spent import at_most, spent

RUN = ("simulate", "--model", "fake", "--questions", "starter", "--embedder", "hash", "--grid", 3, "--radius", 1)
STOPPED = ("--rounds", 2, "--run-id", "one", "--concurrency", 4, "--budget-calls", 60)


def reckoned(directory: RunDirectory, manifest: Manifest) -> Budget:
    """The budget of the run when it is taken up again, once its journal has answered all that it can."""
    plan = make_plan(manifest.config, read_run(directory.path))
    space = kept_vectors(plan, directory, manifest)
    with SocietyAttempt(directory, manifest, plan, space, NOTHING_SHARED) as attempt:
        for _ in attempt.calls.catch_up():
            pass
        accounts: Accounts = attempt.accounts
        accounts.attempted_before(manifest.attempts[-1:])
        return accounts.budget


def cut_off(manifest: Manifest, **changes: Any) -> Manifest:
    """As though its last process had been killed before it wrote how far it came."""
    last = manifest.attempts[-1].model_copy(update={"finished": None, "calls": 0, "tries": 0, **changes})
    totals = manifest.totals.model_copy(
        update={"calls": 0, "prompt_tokens": 0, "completion_tokens": 0, "calls_without_usage": 0, "cost_usd": None}
    )
    return manifest.model_copy(update={"status": "running", "attempts": (last,), "totals": totals})


@pytest.mark.parametrize("usage", [True, False], ids=["usage", "none"])
def test_it_is_what_the_run_reckons_when_it_is_taken_up(sandbox: Sandbox, tmp_path: Path, usage: bool) -> None:
    with serve(Behaviour(usage=usage)) as server:
        assert sandbox(*RUN, *STOPPED, "--base-url", server.base_url).code == 4
    directory = RunDirectory(tmp_path / "runs" / "one")
    manifest = directory.read_manifest()
    own = reckoned(directory, manifest).spent
    closed = spent(directory, manifest)
    assert closed.calls == own.calls == 60
    assert closed == own if usage else closed.tokens >= own.tokens > 0
    lost = Lost(calls=2, tokens=700, cost_usd=None)
    in_flight = at_most(manifest).times(4)
    assert in_flight.tokens > 4 * manifest.config.max_tokens
    assert spent(directory, cut_off(manifest, lost=lost)) == closed.plus(Amount(2, 700)).plus(in_flight)
