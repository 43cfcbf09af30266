"""A small study on an endpoint, and what each of its cells writes alone: for tests that kill or interrupt it.

Cells of one seed more each: no two of them ask the same, so what is paid twice was asked twice.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import COMMAND, ROOT, Sandbox
from fake_endpoint import Behaviour, Server, serve

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
