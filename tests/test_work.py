"""The machine of paid calls serves any work: killed, resumed, limited and shared, it asks nothing twice.

The work is a questionnaire of 200 questions, answered and judged, which knows no society.
"""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from conftest import ROOT
from fake_endpoint import Behaviour, Body, Server, serve
from questionnaire import FAKE, QUESTIONS, AskedLine, Sitting, main
from rich.console import Console

from sandbox.calls.budget import Budget, Limits
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.routes import Routes
from sandbox.options.config import Config
from sandbox.progress.display import JsonDisplay, LogDisplay
from sandbox.progress.events import Event, Started
from sandbox.progress.panel import progress_line
from sandbox.runs.json_lines import read_lines

CALLS = 2 * QUESTIONS
CONCURRENCY = 16


def lines(folder: Path) -> list[AskedLine]:
    return list(read_lines(folder / "calls.jsonl", AskedLine))


def whole(folder: Path) -> bytes:
    """What a questionnaire comes to that nobody interrupts."""
    folder.mkdir()
    with serve() as server:
        asyncio.run(main(folder, server.base_url))
    return (folder / "judged.txt").read_bytes()


def test_every_question_is_answered_and_judged_once(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    with serve(Behaviour(latency=lambda body: 0.002 * (len(str(body)) % 5))) as server:
        sitting = asyncio.run(main(folder, server.base_url))
        assert len(server.requests) == CALLS
    assert [each.item for each in sitting.judged] == list(range(QUESTIONS))
    assert all(each.answer and each.rating for each in sitting.judged)
    assert sitting.accounts.calls == Counter(answer=QUESTIONS, judgement=QUESTIONS)
    assert sitting.attempt.stopped_by is None
    assert list(json.loads((folder / "calls.jsonl").read_text().splitlines()[0]))[:3] == ["item", "stage", "request"]


@pytest.mark.slow
def test_killed_and_taken_up_again_it_comes_to_the_same(tmp_path: Path) -> None:
    expected, folder = whole(tmp_path / "whole"), tmp_path / "one"
    folder.mkdir()
    kill_at = [90, 230]

    def kill(body: Body) -> float:
        if kill_at and len(server.requests) == kill_at[0]:
            kill_at.pop(0)
            process.send_signal(signal.SIGKILL)
        return 0.005

    with serve(Behaviour(latency=kill)) as server:
        while kill_at:
            process = start(server, folder)
            assert process.wait(60) == -signal.SIGKILL
        assert start(server, folder).wait(60) == 0
        asked = len(server.requests)
    assert (folder / "judged.txt").read_bytes() == expected
    assert asked <= CALLS + 2 * CONCURRENCY, "no call twice but for those in flight"
    assert len({line.key for line in lines(folder)}) == len(lines(folder)) == CALLS


def start(server: Server, folder: Path) -> "subprocess.Popen[bytes]":
    words = [sys.executable, str(ROOT / "tests" / "questionnaire.py"), str(folder), server.base_url]
    return subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)})


@pytest.mark.slow
def test_a_budget_is_kept_exactly_and_what_is_left_is_asked_later(tmp_path: Path) -> None:
    expected, folder = whole(tmp_path / "whole"), tmp_path / "one"
    folder.mkdir()
    with serve(Behaviour(latency=0.002)) as server:
        sitting = asyncio.run(main(folder, server.base_url, 150))
        assert len(server.requests) == 150 == len(lines(folder))
        assert sitting.attempt.stopped_by == "budget"
        asyncio.run(main(folder, server.base_url))
        assert len(server.requests) == CALLS
        asyncio.run(main(folder, server.base_url))
        assert len(server.requests) == CALLS, "a third start has nothing to ask"
    assert (folder / "judged.txt").read_bytes() == expected


def test_its_progress_is_shown_in_its_own_words(tmp_path: Path) -> None:
    stream, console = io.BytesIO(), Console(file=io.StringIO(), width=10_000)
    log, shown = LogDisplay(console), JsonDisplay(stream, console)
    seen: list[str] = []

    async def sit() -> None:
        config = Config(base_url=server.base_url)
        routes = Routes([FAKE], config)
        async with Endpoints(routes, config) as endpoints:

            def report(event: Event) -> None:
                log.show(event)
                shown.show(event)
                if isinstance(event, Started):
                    seen.append(progress_line(event))

            sitting = Sitting(tmp_path, Budget())
            with log, shown:
                await sitting.run(endpoints.lanes(routes), report)

    with serve() as server:
        asyncio.run(sit())
    assert isinstance(console.file, io.StringIO)
    assert "Run squares: 200 answers, 400 calls" in console.file.getvalue()
    assert console.file.getvalue().endswith("\n200 judged\n")
    started, finished = map(json.loads, stream.getvalue().splitlines())
    assert finished == {"event": "finished", "judged": 200}
    assert (started["event"], started["answers"]) == ("started", 200)
    assert started["calls"] == {"answer": 200, "judgement": 200}
    assert seen[0].startswith("0/400 calls; ")
    assert seen[0].endswith("; 0 judged")


def test_works_side_by_side_share_an_endpoint_and_a_budget(tmp_path: Path) -> None:
    """Three in one loop: never more at once than the endpoint's limiter allows, nor more in all than the budget.

    Whoever is first goes first, so the budget is less than one takes: none ends whole.
    """
    asked = CALLS - 10

    async def sit() -> list[Sitting]:
        config = Config(base_url=server.base_url, concurrency=6)
        routes = Routes([FAKE], config)
        budget = Budget(Limits(calls=asked))
        sittings = [Sitting(folder(tmp_path, number), Budget(parent=budget)) for number in range(3)]
        async with Endpoints(routes, config) as endpoints:
            await asyncio.gather(*(each.run(endpoints.lanes(routes)) for each in sittings))
        assert budget.spent.calls == asked
        assert budget.reserved.calls == 0
        return sittings

    with serve(Behaviour(latency=0.002, most_at_once=6)) as server:
        sittings = asyncio.run(sit())
        assert len(server.requests) == asked, "the budget is used up, and one limiter never lets in too many"
        assert set(server.answered) == {"200"}
    assert [each.attempt.stopped_by for each in sittings] == ["budget"] * 3
    assert sum(each.accounts.all_calls for each in sittings) == asked


@pytest.mark.slow
def test_a_work_that_stops_stops_itself_and_not_its_endpoint(tmp_path: Path) -> None:
    async def sit() -> list[Sitting]:
        config = Config(base_url=server.base_url, concurrency=8)
        routes = Routes([FAKE], config)
        stopped, other = (Sitting(folder(tmp_path, number), Budget()) for number in range(2))

        def stop_soon(sitting: Sitting) -> None:
            if sitting.accounts.all_calls > 50:
                sitting.attempt.stop("interrupt")

        async with Endpoints(routes, config) as endpoints:
            await asyncio.gather(
                stopped.run(endpoints.lanes(routes), then=stop_soon), other.run(endpoints.lanes(routes))
            )
        return [stopped, other]

    with serve(Behaviour(latency=0.002)) as server:
        stopped, other = asyncio.run(sit())
    assert stopped.attempt.stopped_by == "interrupt"
    assert 50 < stopped.accounts.all_calls < CALLS
    assert (other.attempt.stopped_by, len(other.judged)) == (None, QUESTIONS)


def folder(tmp_path: Path, number: int) -> Path:
    path = tmp_path / str(number)
    path.mkdir()
    return path


def test_it_knows_no_society() -> None:
    code = "import sys, questionnaire; print(*[name for name in sys.modules if name.startswith('sandbox.')])"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "sandbox.calls.attempt" in found
    assert not [name for name in found if name.startswith(("sandbox.society", "sandbox.simulation"))]
