"""Cells as tasks of a Ray cluster, of this machine or of several: the same bytes, whatever is stopped, killed or lost.

The clusters are real. What two nodes have in common here they have because both are on one machine.
"""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import COMMAND, ROOT
from fake_endpoint import Behaviour, Body, Server, serve
from two_nodes import lose_node_of, two_nodes

SEEDS = 3
CONCURRENCY = 8
BASE = """questions = "starter"
embedder = "hash"
model = "fake"
grid = 3
rounds = 2
neighbours = 2
prior_size = 5
"""
CALLS = 9 * 2 * 8
KEY = "sk-of-the-user"
TOKEN = "a" * 64

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'society-sandbox[ray]'"),
]


class DoAt:
    """A latency that calls `act` when the server has seen so many requests; replies take a few milliseconds."""

    def __init__(self) -> None:
        self.seen, self.at = 0, -1
        self.act = lambda: None

    def __call__(self, body: Body) -> float:
        self.seen += 1
        if self.seen == self.at:
            self.act()
        return 0.01 + 0.004 * (len(str(body)) % 3)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """That of a user whose home folder is empty."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home), "OPENAI_API_KEY": KEY, **more}


def study_file(server: Server, folder: Path, name: str) -> Path:
    file = folder / f"{name}.toml"
    base = f'{BASE}base_url = "{server.base_url}"\nconcurrency = {CONCURRENCY}\n'
    file.write_text(f'name = "{name}"\n[base]\n{base}[matrix]\nseed = {{ from = 0, count = {SEEDS} }}\n')
    return file


def start(variables: Mapping[str, str], folder: Path, *words: object) -> "subprocess.Popen[str]":
    command = [*COMMAND, *map(str, words)]
    return subprocess.Popen(
        command, cwd=folder, env={**variables}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finished(process: "subprocess.Popen[str]", code: int = 0) -> str:
    """What it said on stderr, once it ended with `code`; with --json, stdout has nothing else."""
    out, said = process.communicate(timeout=400)
    assert process.returncode == code, said
    if "--json" in process.args:  # type: ignore[operator]
        assert [json.loads(line)["event"] for line in out.splitlines()][-1] == "study_finished"
    return said


def logs(folder: Path, name: str) -> list[bytes]:
    runs = folder / "studies" / name / "runs"
    return [(runs / f"{seed:03d}-seed-{seed}" / "interactions.jsonl").read_bytes() for seed in range(SEEDS)]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What `sandbox simulate` writes for each seed."""
    folder = tmp_path_factory.mktemp("alone")
    with serve(Behaviour()) as server:
        (folder / "run.toml").write_text(f'{BASE}base_url = "{server.base_url}"\n')
        for seed in range(SEEDS):
            words = ("simulate", "--config", "run.toml", "--seed", seed, "--run-id", f"{seed}")
            finished(start(environment(folder), folder, *words))
    return [(folder / "runs" / f"{seed}" / "interactions.jsonl").read_bytes() for seed in range(SEEDS)]


def test_on_a_cluster_of_its_own_a_study_is_stopped_and_killed_and_goes_on(tmp_path: Path, alone: list[bytes]) -> None:
    latency, variables = DoAt(), environment(tmp_path)
    with serve(Behaviour(latency=latency)) as server:
        words = ("study", "run", study_file(server, tmp_path, "own"), "--on", "ray", "--jobs", 2)
        process = start(variables, tmp_path, *words)
        latency.at, latency.act = CALLS // 2, lambda: process.send_signal(signal.SIGINT)
        said = finished(process, 130)
        manifests = [json.loads(file.read_text()) for file in tmp_path.glob("studies/own/runs/*/manifest.json")]
        assert ("stopped", "interrupt") in [(each["status"], each["stopped_by"]) for each in manifests], said
        assert server.paid_twice == 0
        process = start(variables, tmp_path, *words)
        latency.at, latency.act = latency.seen + CALLS, process.kill
        finished(process, -signal.SIGKILL)
        finished(start(variables, tmp_path, *words))
        probes = 3
        assert server.paid_twice <= CONCURRENCY + probes
        assert server.keys() == {f"Bearer {KEY}"}
    assert logs(tmp_path, "own") == alone
    assert not (tmp_path / "home" / ".ray").exists(), "no token is written"
    assert not list(tmp_path.glob("studies/own/.node-*"))


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """Two nodes, started by somebody who gave them a token, and no key."""
    variables = environment(tmp_path, RAY_AUTH_TOKEN=TOKEN, RAY_AUTH_MODE="token")
    with two_nodes(tmp_path, {name: value for name, value in variables.items() if name != "OPENAI_API_KEY"}) as found:
        yield found


def of_cluster(folder: Path) -> dict[str, str]:
    return environment(folder, RAY_AUTH_TOKEN=TOKEN, RAY_AUTH_MODE="token")


def test_a_cluster_that_is_there_is_used_as_it_is(tmp_path: Path, alone: list[bytes], cluster: str) -> None:
    variables = of_cluster(tmp_path)
    on = ("--on", "ray", "--address", cluster)
    with serve(Behaviour()) as server:
        said = finished(start(variables, tmp_path, "study", "run", study_file(server, tmp_path, "keys"), *on), 1)
        assert said.count("OPENAI_API_KEY is not set") == 2, "each node is named"
        assert not server.arrived
        del variables["OPENAI_API_KEY"]
        for jobs in (1, 2, 4):
            file = study_file(server, tmp_path, f"jobs-{jobs}")
            finished(start(variables, tmp_path, "study", "run", file, *on, "--jobs", jobs))
            assert logs(tmp_path, f"jobs-{jobs}") == alone
    with serve(Behaviour()) as server:
        words = ("study", "run", study_file(server, tmp_path, "budget"), *on, "--jobs", 2)
        finished(start(variables, tmp_path, *words, "--budget-calls", 2 * CALLS), 4)
        assert server.paid - 1 <= 2 * CALLS, "the probe is no call"
        finished(start(variables, tmp_path, *words))
        assert logs(tmp_path, "budget") == alone


def test_a_cell_whose_node_is_lost_goes_on_elsewhere(tmp_path: Path, alone: list[bytes], cluster: str) -> None:
    latency, variables = DoAt(), of_cluster(tmp_path)
    del variables["OPENAI_API_KEY"]
    with serve(Behaviour(latency=latency)) as server:
        # The first cell has all places of the endpoint, and the second one waits for one of them on the other node.
        first = tmp_path / "studies" / "lost" / "runs" / "000-seed-0"
        latency.at, latency.act = CALLS // 2, lambda: lose_node_of(first)
        file = study_file(server, tmp_path, "lost")
        finished(start(variables, tmp_path, "study", "run", file, "--json", "--on", "ray", "--address", cluster))
        assert server.paid_twice <= CONCURRENCY + 1
    assert logs(tmp_path, "lost") == alone
