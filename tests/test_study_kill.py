"""kill -9 of a study, again and again: the same bytes, hardly a call paid twice, and none of whole cells.

Cells of one seed more each: no two of them ask the same, so what is paid twice was asked twice.
"""

import json
import os
import signal
import subprocess
from pathlib import Path
from random import Random

import pytest
from conftest import COMMAND, ROOT, Sandbox
from fake_endpoint import Behaviour, Body, Server, serve

SEEDS = 4
CONCURRENCY = 8
CALLS = SEEDS * 9 * 2 * 8
BASE = """questions = "starter"
embedder = "hash"
model = "fake"
grid = 3
rounds = 2
neighbours = 2
prior_size = 5
"""


class KillAt:
    """A latency that kills `victim` when the server has seen so many requests; replies take a few milliseconds."""

    def __init__(self) -> None:
        self.seen = 0
        self.at = CALLS * 100
        self.victim: subprocess.Popen[str] | None = None

    def __call__(self, body: Body) -> float:
        self.seen += 1
        if self.seen >= self.at and self.victim is not None:
            self.at = CALLS * 100
            self.victim.send_signal(signal.SIGKILL)
        return 0.002 + 0.004 * (len(str(body)) % 3)


def start(server: Server, folder: Path, *words: object) -> "subprocess.Popen[str]":
    matrix = f"[matrix]\nseed = {{ from = 0, count = {SEEDS} }}\n"
    text = f'name = "killed"\n[base]\n{BASE}base_url = "{server.base_url}"\nconcurrency = {CONCURRENCY}\n{matrix}'
    (folder / "study.toml").write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [*COMMAND, "study", "run", "study.toml", *map(str, words)]
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What `sandbox simulate` writes for each seed."""
    folder = tmp_path_factory.mktemp("alone")
    logs = []
    with serve(Behaviour()) as server:
        (folder / "run.toml").write_text(f'{BASE}base_url = "{server.base_url}"\n')
        for seed in range(SEEDS):
            words = ["simulate", "--config", "run.toml", "--seed", str(seed), "--run-id", f"seed-{seed}"]
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            subprocess.run([*COMMAND, *words], cwd=folder, env=environment, check=True, capture_output=True)
            logs.append((folder / "runs" / f"seed-{seed}" / "interactions.jsonl").read_bytes())
    return logs


def check(sandbox: Sandbox, folder: Path, alone: list[bytes], server: Server, in_flight: int) -> None:
    """The logs are what each cell writes alone, and no more was paid twice than was in flight at kills."""
    runs = folder / "studies" / "killed" / "runs"
    names = [f"{seed:03d}-seed-{seed}" for seed in range(SEEDS)]
    assert [(runs / name / "interactions.jsonl").read_bytes() for name in names] == alone
    manifests = [json.loads((runs / name / "manifest.json").read_text()) for name in names]
    assert [each["status"] for each in manifests] == ["complete"] * SEEDS
    assert sum(each["totals"]["calls"] for each in manifests) == CALLS
    assert server.paid_twice <= in_flight
    done = sandbox("simulate", "--replay", runs / names[-1])
    assert done.code == 0, done.err


def killed_again_and_again(
    server: Server, folder: Path, latency: KillAt, kills: int, words: tuple[object, ...]
) -> None:
    """Kill the study `kills` times at random requests, then let it end."""
    random = Random(kills)
    whole: dict[Path, bytes] = {}
    for _ in range(kills):
        latency.at = latency.seen + random.randint(2, CALLS // kills)
        latency.victim = start(server, folder, *words)
        latency.victim.wait(120)
        assert all(path.read_bytes() == content for path, content in whole.items()), "a whole cell is left alone"
        whole = {path: path.read_bytes() for path in _complete(folder)}
    latency.at = CALLS * 100
    assert start(server, folder, *words).wait(120) == 0


def _complete(folder: Path) -> list[Path]:
    """The journals of cells that are whole."""
    manifests = folder.glob("studies/killed/runs/*/manifest.json")
    return [each.parent / "calls.jsonl" for each in manifests if json.loads(each.read_text())["status"] == "complete"]


@pytest.mark.slow
@pytest.mark.parametrize("on", ["here", "processes"])
@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_a_study_killed_twelve_times_ends_with_the_bytes_of_its_cells_alone(
    sandbox: Sandbox, tmp_path: Path, alone: list[bytes], on: str, jobs: int
) -> None:
    latency, kills = KillAt(), 12 if jobs == 4 else 4
    with serve(Behaviour(latency=latency)) as server:
        killed_again_and_again(server, tmp_path, latency, kills, ("--on", on, "--jobs", jobs))
    probes = kills + 1
    check(sandbox, tmp_path, alone, server, kills * CONCURRENCY + probes)
