"""Ctrl-C while a study runs: once, calls in flight are kept and cells end as stopped; twice, at once. It goes on."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Sandbox
from fake_endpoint import Behaviour, Body, Server, serve
from interrupting import interrupted, started, stuck

MATRIX = "[matrix]\nseed = { from = 0, count = 3 }\n"
BASE = 'questions = "starter"\nembedder = "hash"\ngrid = 3\nneighbours = 2\nprior_size = 5\n'
Process = Callable[..., "subprocess.Popen[str]"]


def write(folder: Path, server: Server) -> None:
    asked = f'model = "fake"\nbase_url = "{server.base_url}"\nconcurrency = 6\n'
    (folder / "study.toml").write_text(f'name = "one"\n[base]\n{BASE}{asked}{MATRIX}')


class Presses:
    """A latency that presses Ctrl-C at some requests, and keeps replies back in between."""

    def __init__(self, *at: int) -> None:
        self.at = at
        self.seen = 0
        self.process: subprocess.Popen[str] | None = None

    def __call__(self, body: Body) -> float:
        self.seen += 1
        if self.process and self.seen in self.at:
            self.process.send_signal(signal.SIGINT)
        return 0.02


@pytest.mark.slow
@pytest.mark.parametrize("on", ["here", pytest.param("processes", marks=pytest.mark.slow)])
def test_once_keeps_what_is_in_flight_and_the_same_command_goes_on(
    sandbox: Sandbox, tmp_path: Path, process: Process, on: str
) -> None:
    latency = Presses(40)
    with serve(Behaviour(latency=latency)) as server:
        write(tmp_path, server)
        latency.process = process("study", "run", "study.toml", "--on", on, "--jobs", 2)
        _, said = latency.process.communicate(timeout=120)
        assert latency.process.returncode == 130, said
        assert "Stopping: waiting for the calls in flight of all cells." in said
        assert said.splitlines()[-1] == "Go on with it: sandbox study run studies/one"
        manifests = [json.loads(path.read_text()) for path in tmp_path.glob("studies/one/runs/*/manifest.json")]
        assert {(each["status"], each["stopped_by"]) for each in manifests} == {("stopped", "interrupt")}
        assert len(manifests) == 2
        paid = server.answered["200"]
        assert sum(each["totals"]["calls"] for each in manifests) == paid - 1, "all but the probe is in the journals"
        latency.process = None
        assert sandbox("study", "run", "one").code == 0
        manifests = [json.loads(path.read_text()) for path in tmp_path.glob("studies/one/runs/*/manifest.json")]
        assert sum(each["totals"]["calls"] for each in manifests) == server.answered["200"] - 2


@pytest.mark.slow
def test_twice_ends_at_once(tmp_path: Path, process: Process) -> None:
    latency = Presses(30, 33)
    with serve(Behaviour(latency=latency)) as server:
        write(tmp_path, server)
        latency.process = process("study", "run", "study.toml")
        _, said = latency.process.communicate(timeout=120)
        assert latency.process.returncode == 130, said


def test_nobody_waits_for_vectors_that_are_made(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(f'name = "one"\n[base]\nmodel = "scripted"\n{BASE}{MATRIX}')
    code = stuck("sandbox.studies.embedding", "vectors_of")
    with started(tmp_path, code, "study", "run", "study.toml") as process:
        assert interrupted(process, "LOADING") == (130, "")
    assert [*tmp_path.glob("studies/one/runs/*")] == [], "no run was begun"
