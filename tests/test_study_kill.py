"""kill -9 of a study, again and again: the same bytes, hardly a call paid twice, and none of whole cells."""

import json
import signal
import subprocess
from pathlib import Path
from random import Random

import pytest
from cells_alone import CALLS, CONCURRENCY, alone, check, start
from conftest import Sandbox
from fake_endpoint import Behaviour, Body, Server, serve

__all__ = ["alone"]


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
