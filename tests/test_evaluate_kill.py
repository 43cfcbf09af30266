"""An evaluation that is killed three times, or interrupted, goes on where it was: same bytes, nothing asked twice."""

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from asked_suites import items_of, lines, named, write_suite
from conftest import Sandbox
from fake_endpoint import Behaviour, serve
from fake_endpoint.bodies import Body

Start = Callable[..., "subprocess.Popen[str]"]
CONCURRENCY = 8
LOGS = ("answers.jsonl", "judgements.jsonl", "summary.json", "summary.csv")


@pytest.mark.slow
def test_three_kills_leave_the_same_bytes_and_ask_no_more_than_was_in_flight(
    sandbox: Sandbox, process: Start, tmp_path: Path
) -> None:
    paths = [write_suite(tmp_path, kind, items_of(kind, 60)) for kind in ("choice", "judged")]
    with serve() as server:
        words = ("--suite", named(paths), "--model", "fake", "--base-url", server.base_url)
        assert sandbox("evaluate", *words, "--run-id", "whole").code == 0
        needed = len(server.requests)
    kill_at = [40, 90, 140]

    def kill(body: Body) -> float:
        if kill_at and len(server.requests) == kill_at[0]:
            kill_at.pop(0)
            running[-1].send_signal(signal.SIGKILL)
        return 0.01

    with serve(Behaviour(latency=kill)) as server:
        common = ("--base-url", server.base_url, "--concurrency", CONCURRENCY)
        running = [process("evaluate", "--suite", named(paths), "--model", "fake", "--run-id", "one", *common)]
        while running[-1].wait(60) == -signal.SIGKILL:
            running.append(process("evaluate", "--resume", "one", *common))
        assert running[-1].wait(60) == 0, running[-1].communicate()
        probes = 4 * 2  # of each of four processes
        assert len(server.requests) <= needed + 3 * CONCURRENCY + probes
    assert len(running) == 4
    whole, one = (tmp_path / "runs" / name for name in ("whole", "one"))
    assert all((whole / name).read_bytes() == (one / name).read_bytes() for name in LOGS)
    calls = lines(one / "calls.jsonl")
    keys = {tuple(line[name] for name in ("suite", "item", "stage", "sample", "position", "ask")) for line in calls}
    assert len(keys) == len(calls) == 180


@pytest.mark.slow
def test_ctrl_c_waits_for_what_is_in_flight_and_goes_on_later(sandbox: Sandbox, process: Start, tmp_path: Path) -> None:
    path = write_suite(tmp_path, "choice", items_of("choice", 60))

    def interrupt(body: Body) -> float:
        if len(server.requests) == 30:
            running.send_signal(signal.SIGINT)
        return 0.01

    with serve(Behaviour(latency=interrupt)) as server:
        words = ("--suite", path, "--model", "fake", "--base-url", server.base_url, "--concurrency", 4)
        running = process("evaluate", *words, "--run-id", "one")
        assert running.wait(60) == 130
        asked = len(server.requests)
        assert len(lines(tmp_path / "runs" / "one" / "calls.jsonl")) == asked - 1, "all but the probe"
        assert sandbox("evaluate", "--resume", "one", "--concurrency", 4).code == 0
        assert len(server.requests) == asked + 1 + 60 - (asked - 1)
