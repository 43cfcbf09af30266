"""`--on processes`: workers die, are stopped, and borrow; what is left is what each cell writes alone."""

import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from cells_alone import CALLS, CONCURRENCY, alone, check, start
from conftest import Sandbox
from fake_endpoint import Behaviour, Body, serve

__all__ = ["alone"]
pytestmark = pytest.mark.slow
WORDS = ("--on", "processes", "--jobs", 2)


def parent_of(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def children(process: int) -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if parent_of(int(path.name)) == process]


def workers(parent: int) -> list[int]:
    """The processes that work on cells: those of the server that forks them."""
    return [worker for server in children(parent) for worker in children(server)]


class ActAt:
    """A latency of a few milliseconds that does something at requests of some numbers."""

    def __init__(self, numbers: list[int], act: Callable[[], object] = lambda: None) -> None:
        self.numbers, self.act, self.seen = numbers, act, 0

    def __call__(self, body: Body) -> float:
        self.seen += 1
        if self.seen in self.numbers:
            self.act()
        return 0.002 + 0.004 * (len(str(body)) % 3)


def test_a_worker_that_is_killed_is_replaced(sandbox: Sandbox, tmp_path: Path, alone: list[bytes]) -> None:
    latency = ActAt([60, 150, 220, 300])
    with serve(Behaviour(latency=latency)) as server:
        study = start(server, tmp_path, *WORDS)
        latency.act = lambda: os.kill(workers(study.pid)[0], signal.SIGKILL)
        assert study.wait(120) == 0
        check(sandbox, tmp_path, alone, server, 4 * CONCURRENCY + 1)
        assert server.most_in_flight <= CONCURRENCY


def test_a_cell_whose_workers_only_die_fails_and_the_others_go_on(tmp_path: Path) -> None:
    with serve() as server:
        study = start(server, tmp_path, *WORDS, "--cell", 0)
        killed: set[int] = set()
        while study.poll() is None:
            for worker in set(workers(study.pid)) - killed:
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
                killed.add(worker)
        assert study.wait() == 3
        assert len(killed) >= 3
        assert start(server, tmp_path, *WORDS).wait(120) == 0
        assert server.paid == CALLS + 2


@pytest.mark.parametrize("times", [1, 2])
def test_after_ctrl_c_nobody_is_left_and_nothing_is_lost(
    sandbox: Sandbox, tmp_path: Path, alone: list[bytes], times: int
) -> None:
    latency = ActAt([100] if times == 1 else [100, 101])
    with serve(Behaviour(latency=latency)) as server:
        study = start(server, tmp_path, *WORDS)
        left: list[int] = []

        def interrupt() -> None:
            left.extend(workers(study.pid))
            study.send_signal(signal.SIGINT)

        latency.act = interrupt
        assert study.wait(60) == 130
        assert not [worker for worker in left if Path(f"/proc/{worker}").exists()]
        paid = server.paid
        assert paid < CALLS / 2
        assert start(server, tmp_path, *WORDS).wait(120) == 0
        check(sandbox, tmp_path, alone, server, 2 + (CONCURRENCY if times == 2 else 0))


def test_a_budget_of_the_study_holds_and_is_used(sandbox: Sandbox, tmp_path: Path, alone: list[bytes]) -> None:
    most = CALLS * 3 // 4
    latency = ActAt([50, 120])
    with serve(Behaviour(latency=latency, faults={"500": 0.1})) as server:
        study = start(server, tmp_path, *WORDS, "--budget-calls", most)
        latency.act = lambda: os.kill(workers(study.pid)[0], signal.SIGKILL)
        assert study.wait(120) == 4
        assert 0.8 * most <= server.paid - 1 <= most
        latency.act = lambda: None
        assert start(server, tmp_path, *WORDS).wait(120) == 0
        check(sandbox, tmp_path, alone, server, 2 * CONCURRENCY + 2)


def test_a_budget_of_tokens_is_used_by_whole_cells_first(tmp_path: Path) -> None:
    with serve() as server:
        study = start(server, tmp_path, *WORDS, "--budget-tokens", 60_000)
        assert study.wait(120) == 4
        manifests = [json.loads(path.read_text()) for path in tmp_path.glob("studies/killed/runs/*/manifest.json")]
        tokens = sum(each["totals"]["prompt_tokens"] + each["totals"]["completion_tokens"] for each in manifests)
        assert 50_000 <= tokens <= 60_000
        assert "complete" in {each["status"] for each in manifests}
