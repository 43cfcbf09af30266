"""kill -9 at random points of a real run against a real server: the same bytes at the end, hardly a call paid twice.

The same where the server is faulty: transport faults change nothing of what is said. Some tests kill three times
in a run, 27 times without faults and 27 times with them.
"""

import json
import os
import signal
import subprocess
import threading
from pathlib import Path
from random import Random

import pytest
from conftest import COMMAND, ROOT, Sandbox
from fake_endpoint import Behaviour, Body, Fault, Server, serve

pytestmark = pytest.mark.slow
CONCURRENCY, ROUNDS = 16, 3
SOCIETY = (
    "--model",
    "fake",
    "--questions",
    "starter",
    "--embedder",
    "hash",
    "--grid",
    4,
    "--rounds",
    ROUNDS,
    "--radius",
    3,
)
CALLS = 16 * ROUNDS * 10
FAULTS: dict[Fault, float] = {"429": 0.1, "500": 0.05, "hang": 0.01, "not_json": 0.05}


class KillAt:
    """A latency that kills `process` when the server has seen so many requests; replies take a few milliseconds."""

    def __init__(self) -> None:
        self.seen = 0
        self.at = CALLS * 100
        self.process: subprocess.Popen[str] | None = None
        self.ready = threading.Event()

    def __call__(self, body: Body) -> float:
        self.seen += 1
        if self.seen == self.at:
            self.ready.wait(30)
            assert self.process is not None
            self.process.send_signal(signal.SIGKILL)
        return 0.002 + 0.004 * (len(str(body)) % 3)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The log of a run that nobody interrupts."""
    folder = tmp_path_factory.mktemp("whole")
    with serve(Behaviour()) as server:
        assert run_to_the_end(server, folder, "--run-id", "one") == 0
        assert sum(server.counts.values()) == CALLS + 1  # the probe
    return (folder / "runs" / "one" / "interactions.jsonl").read_bytes()


def start(server: Server, folder: Path, *arguments: object) -> "subprocess.Popen[str]":
    words = [*COMMAND, "simulate", "--base-url", server.base_url, "--concurrency", CONCURRENCY, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([str(word) for word in words], cwd=folder, env=environment, text=True)


def run_to_the_end(server: Server, folder: Path, *arguments: object) -> int:
    return start(server, folder, *SOCIETY, *arguments).wait(60)


def kill_and_resume(folder: Path, random: Random, kills: int, faults: dict[Fault, float]) -> tuple[Server, int]:
    """Kill the run `kills` times, then let it end; the server, and the requests that the kills cut off."""
    latency = KillAt()
    arguments: tuple[object, ...] = (*SOCIETY, "--timeout", 2, "--run-id", "one")
    with serve(Behaviour(latency=latency, faults=faults, fault_seed=random.randint(0, 10**9))) as server:
        for _ in range(kills):
            latency.ready.clear()
            latency.at = latency.seen + random.randint(2, CALLS // kills)
            latency.process = start(server, folder, *arguments)
            latency.ready.set()
            latency.process.wait(60)
            begun = (folder / "runs" / "one" / "manifest.json").exists()
            arguments = ("--resume", "one") if begun else arguments
        latency.at = CALLS * 100
        assert start(server, folder, *arguments).wait(60) == 0
    return server, kills * CONCURRENCY


def check(sandbox: Sandbox, folder: Path, whole: bytes, seed: int, kills: int, faults: dict[Fault, float]) -> None:
    """The run ends as if nobody had killed it, hardly a call was paid twice, and its journal tells all of it again."""
    server, in_flight = kill_and_resume(folder, Random(seed), kills, faults)
    run = folder / "runs" / "one"
    assert (run / "interactions.jsonl").read_bytes() == whole
    probes = kills + 1
    assert server.answered["200"] <= CALLS + in_flight + probes
    assert server.paid_twice <= in_flight + probes
    manifest = json.loads((run / "manifest.json").read_text())
    assert all(attempt["unknown"] <= CONCURRENCY for attempt in manifest["attempts"])
    totals = manifest["totals"]
    assert totals["calls"] == CALLS == sum(attempt["calls"] for attempt in manifest["attempts"])
    assert server.answered["200"] - CALLS - probes <= sum(attempt["unknown"] for attempt in manifest["attempts"])
    done = sandbox("simulate", "--replay", run)
    assert done.code == 0, done.err
    assert f"{CALLS} journalled calls give the same {16 * ROUNDS} interactions." in done.out


@pytest.mark.parametrize("seed", range(5))
def test_killed_anywhere_it_ends_with_the_same_bytes(sandbox: Sandbox, tmp_path: Path, whole: bytes, seed: int) -> None:
    check(sandbox, tmp_path, whole, seed, 1, FAULTS if seed % 2 else {})


@pytest.mark.parametrize("faults", [{}, FAULTS], ids=["well", "faulty"])
@pytest.mark.parametrize("seed", range(5, 14))
def test_killed_again_and_again_it_ends_with_the_same_bytes(
    sandbox: Sandbox, tmp_path: Path, whole: bytes, seed: int, faults: dict[Fault, float]
) -> None:
    check(sandbox, tmp_path, whole, seed, 3, faults)
