"""How a run is prepared: what happens together, what stops what, and what is said first."""

import asyncio
import gc
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Sandbox
from fake_endpoint import Behaviour, Body, serve

import sandbox.simulation.opening
from memory import CachedEmbedder
from sandbox.errors import SandboxError
from sandbox.options.config import Config
from sandbox.simulation.simulation import Simulation
from sandbox.society.casting import Vectors, embed
from sandbox.society.plan import Plan, make_plan

LONG_ENOUGH = 20.0


def simulation(base_url: str, runs: Path) -> Simulation:
    config = Config(
        model="fake", base_url=base_url, questions="starter", embedder="hash", grid=2, prior_size=2, runs=str(runs)
    )
    return Simulation(make_plan(config), {}, lambda event: None)


def test_the_embedder_is_loaded_while_endpoints_are_probed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    probed = threading.Event()

    def first_call(body: Body) -> float:
        probed.set()
        return 0.0

    def slow(plan: Plan, embedder: CachedEmbedder, stopped: Callable[[], bool]) -> Vectors:
        assert probed.wait(LONG_ENOUGH)
        return embed(plan, embedder, stopped)

    monkeypatch.setattr(sandbox.simulation.opening, "embed", slow)
    with serve(Behaviour(latency=first_call)) as server:
        assert asyncio.run(simulation(server.base_url, tmp_path).run()).status == "complete"


def test_an_endpoint_that_takes_no_call_stops_the_embedder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = threading.Event()

    def patient(plan: Plan, embedder: CachedEmbedder, stopped: Callable[[], bool]) -> Vectors:
        for _ in range(1000):
            if stopped():
                told.set()
                break
            told.wait(LONG_ENOUGH / 1000)
        return embed(plan, embedder)

    monkeypatch.setattr(sandbox.simulation.opening, "embed", patient)
    with serve(Behaviour(script=["401"])) as server, pytest.raises(SandboxError, match="401"):
        asyncio.run(simulation(server.base_url, tmp_path).run())
    assert told.is_set()
    assert not list(tmp_path.glob("[!.]*"))


def test_nothing_is_paid_for_an_embedder_that_is_not_there(sandbox: Sandbox) -> None:
    with serve() as server:
        endpoint = ("--model", "fake", "--base-url", server.base_url)
        done = sandbox("simulate", *endpoint, "--questions", "starter", "--embedder", "./absent")
        assert server.arrived == 0
    assert done.code == 2
    assert "'./absent' is no folder" in done.err


def test_a_run_leaves_the_collector_as_it_was(sandbox: Sandbox) -> None:
    before = gc.get_threshold()
    options = ("--model", "scripted", "--questions", "starter", "--embedder", "hash", "--grid", 3, "--prior-size", 2)
    assert sandbox("simulate", *options).code == 0
    assert gc.get_threshold() == before


def test_the_first_line_comes_before_the_questions_are_read(sandbox: Sandbox) -> None:
    done = sandbox("simulate", "--model", "scripted", "--questions", "absent.txt")
    assert done.code == 2
    assert done.err.splitlines()[0] == "Reading questions from absent.txt."
