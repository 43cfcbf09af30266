"""`sandbox.simulate` from Python: the run of the command, in silence, in a running loop, and after Ctrl-C."""

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import threading
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Sandbox
from example_runs import contents, manifest
from fake_endpoint import Behaviour, serve
from tables import table

import sandbox as api
from sandbox.progress.events import Note, Started
from sandbox.simulation.progress import RoundDone

OPTIONS: dict[str, Any] = {"model": "scripted", "questions": "starter", "embedder": "hash", "grid": 3, "prior_size": 5}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_it_makes_the_run_that_the_command_makes_and_says_nothing(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = [word for name, value in OPTIONS.items() for word in (f"--{name.replace('_', '-')}", value)]
    assert sandbox("simulate", *flags, "--rounds", 2, "--run-id", "command").code == 0
    run = api.simulate({"rounds": 9, "grid": 3}, run_id="python", **OPTIONS | {"rounds": 2})
    assert capsys.readouterr() == ("", "")
    assert (run.run_id, run.status, run.stopped_by, run.path) == ("python", "complete", None, Path("runs/python"))
    log = [(tmp_path / "runs" / name / "interactions.jsonl").read_bytes() for name in ("command", "python")]
    assert log[0] == log[1]
    assert run.manifest.fingerprint == manifest(tmp_path / "runs" / "command")["fingerprint"]
    assert repr(run) == "<Run python: status complete; rounds 2 of 2; alignment 2.56 -> 4.56; failed 0; cost $0.00>"


def test_variables_beat_the_file_and_options_beat_both(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SANDBOX_GRID", "2")
    monkeypatch.setenv("SANDBOX_NEIGHBOURS", "2")
    (tmp_path / "run.toml").write_text('grid = 3\nneighbours = 1\nobserve = "joint"\n')
    record = api.Config(grid=3, neighbours=1, observe="joint")
    named = OPTIONS | {"grid": None, "neighbours": 3}
    for config in (Path("run.toml"), "run.toml", {"grid": 3, "neighbours": 1, "observe": "joint"}, record):
        made = api.simulate(config, **named).manifest.config
        assert (made.grid, made.neighbours, made.observe) == (2, 3, "joint"), config


def test_a_mixed_society_stands_in_a_record_or_a_mapping() -> None:
    models = [{"name": "scripted", "share": 2}, {"name": "scripted"}]
    made = api.simulate({"society": {"models": models}}, **OPTIONS | {"model": None}).manifest.config
    assert [each.share for each in made.society] == [2.0, 1.0]
    assert api.simulate(made, run_id="again").manifest.config.society == made.society


@table(
    ("wanted", "said"),
    [
        ({"round": 3}, "sandbox.simulate: unknown key 'round'. Did you mean 'rounds'?"),
        ({"rounds": 0}, "rounds=0: wanted is a whole number from 1 to 1000000. The nearest is 1."),
        ({"rounds": True}, "sandbox.simulate: rounds = true: wanted is a whole number from 1 to 1000000."),
        ({"grid": 2, "neighbours": 9}, "neighbours=9: a grid of 2 x 2 gives an agent only 3 others. "
         "Use a larger grid= or fewer neighbours=."),
        ({"config": "no.toml"}, "config=no.toml: no such file."),
        ({"config": {"grid": 2, "neighbours": 9}, "grid": None}, "neighbours=9 (config): a grid of 2 x 2 gives an "
         "agent only 3 others. Use a larger grid= (config) or fewer neighbours=."),
        ({"config": {"grdi": 3}}, "config: unknown key 'grdi'. Did you mean 'grid'?"),
        ({"config": 3}, "config: wanted is a path, a mapping or a Config, not int."),
        ({"json": True}, "sandbox.simulate: json is for the command line. Leave it out: on_event hears what happens."),
        ({"questions": "a\ud800b"}, "sandbox.simulate: questions holds the character U+D800, which is part of no name "
         "and of no path."),
        ({"resume": 3}, "resume: wanted is a name or a path, not int."),
        ({"retry_failed": True}, "retry_failed=True asks calls of an earlier run again: name it with resume=RUN."),
        ({"resume": "one", "run_id": "two"}, "resume= goes on with a run under its own name: leave out run_id=."),
        ({"column": ["a"]}, "column=a: wanted is KEY=NAME, such as question=prompt, once for each of question, "
         "considerate, inconsiderate, chosen, rejected, gold, options, material."),
        ({"run_id": "a/b"}, "run_id='a/b': use up to 100 letters, digits, '.', '_' and '-', the first a letter or "
         "digit."),
        ({"model": "x", "base_url": "http://127.0.0.1:9", "budget_usd": 1}, "budget_usd=: there is no price for x.\n"
         "Say what it costs with prices=FILE.toml, which holds a date and, in USD per million tokens,\n"
         'models = { "x" = { prompt = 0.15, completion = 0.60 } }'),
        ({"resume": "one"}, "one: no such run, as a path or in runs, which is no folder.\nList them: sandbox inspect"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_in_the_words_of_python(tmp_path: Path, wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(api.UsageError) as raised:
        api.simulate(**OPTIONS | wanted)
    assert str(raised.value) == said
    assert not list(tmp_path.glob("runs/*"))


def test_nobody_is_asked_before_an_expensive_run(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text(
        'date = "2026-11-01"\n[models]\nfake = { prompt = 90000, completion = 90000 }\n'
    )
    with serve() as server, pytest.raises(api.UsageError, match=r"USD\. Give yes=True to run it without being asked\."):
        api.simulate(OPTIONS, model="fake", base_url=server.base_url, prices=tmp_path / "prices.toml")


def test_a_forecast_is_that_of_the_command_and_writes_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    words = [word for name, value in OPTIONS.items() for word in (f"--{name.replace('_', '-')}", value)]
    told = json.loads(sandbox("simulate", *words, "--rounds", 3, "--dry-run", "--json").out)
    found = api.forecast(OPTIONS, rounds=3)
    assert (found.all_calls, found.planned) == (sum(told["calls"].values()), 27)
    assert not (tmp_path / "runs").exists()


def test_a_running_loop_is_no_error_and_the_context_is_kept() -> None:
    who: ContextVar[str] = ContextVar("who")
    heard: list[Any] = []

    def hear(event: object) -> None:
        heard.append((event, who.get()))

    async def cell() -> api.Run:
        who.set("the notebook")
        return api.simulate(OPTIONS, hear, rounds=2)

    assert asyncio.run(cell()).status == "complete"
    assert {name for _, name in heard} == {"the notebook"}
    assert [event.summary.round for event, _ in heard if isinstance(event, RoundDone)] == [0, 1]
    assert str(heard[-1][0]).startswith("Run ")


def test_several_run_at_once_and_leave_the_process_as_it_was() -> None:
    before = gc.get_threshold()

    async def both() -> list[api.Run]:
        runs = (asyncio.to_thread(api.simulate, OPTIONS, seed=seed, run_id=f"seed-{seed}") for seed in (1, 2))
        return [*await asyncio.gather(*runs)]

    assert [run.status for run in asyncio.run(both())] == ["complete", "complete"]
    assert gc.get_threshold() == before


def test_what_ends_early_is_a_run_and_goes_on_by_itself() -> None:
    run = api.simulate(OPTIONS, budget_calls=40)
    assert (run.status, run.stopped_by) == ("stopped", "budget")
    assert api.simulate(resume=run, budget_calls=1000).status == "complete"
    before = contents(run.path)
    assert api.simulate(resume=run).status == "complete"
    assert contents(run.path) == before


class Pressing:
    """Presses Ctrl-C when the request of this number comes in, which is held for a moment as all that follow."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, _: object) -> float:
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGINT)
        return 0.3 if self.left <= 0 else 0.0


def test_ctrl_c_keeps_what_is_in_flight_and_names_the_run(capfd: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    with serve(Behaviour(latency=Pressing(40))) as server:
        asked = {"model": "fake", "base_url": server.base_url, "concurrency": 4, "rounds": 9, "run_id": "one"}
        with pytest.raises(KeyboardInterrupt) as raised:
            api.simulate(OPTIONS, **asked)
        assert len((Path("runs/one") / "calls.jsonl").read_bytes().splitlines()) == len(server.requests) - 1
    assert raised.value.__notes__ == ["Go on with it: sandbox.simulate(resume='runs/one')"]
    assert signal.getsignal(signal.SIGINT) is before
    assert manifest(Path("runs/one"))["stopped_by"] == "interrupt"
    assert capfd.readouterr() == ("", "")


def test_ctrl_c_waits_for_nobody_before_the_first_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    loaded = threading.Event()

    def load(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        loaded.wait()

    monkeypatch.setattr("sandbox.simulation.opening.embedder_of", load)
    with pytest.raises(KeyboardInterrupt) as raised:
        api.simulate(OPTIONS)
    loaded.set()
    assert raised.value.__notes__ == ["Nothing was begun."]
    assert not list(tmp_path.glob("runs/*"))


def test_to_look_at_a_damaged_run_is_no_error_and_moves_no_cursor() -> None:
    run = api.simulate(OPTIONS, run_id="one")
    (run.path / "rounds.jsonl").write_text("\x1b[2J\n")
    assert repr(run) == "<Run one: status complete; damaged runs/one/rounds.jsonl:1: not JSON at column 1.>"
    assert str(Note("\x1b[2J", warning=True)) == r"Warning: \x1b[2J"
    assert "<td>runs/one/rounds.jsonl:1" in run._repr_html_()


def test_an_error_of_the_listener_is_the_callers_and_the_run_is_kept() -> None:
    def hear(event: object) -> None:
        if isinstance(event, Started):
            raise TypeError("of the notebook")

    with pytest.raises(TypeError, match="of the notebook"):
        api.simulate(OPTIONS, hear, run_id="one")
    assert manifest(Path("runs/one"))["status"] == "failed"
    assert api.simulate(resume="one").status == "complete"


def test_the_names_are_there_and_nothing_slow_is_imported_for_them() -> None:
    code = (
        "import sys, sandbox; before = set(sys.modules)\n"
        "assert {*sandbox.__all__} <= {*dir(sandbox)}\n"
        "print(*sorted(each for each in before if each.startswith(('sandbox', 'agents', 'memory', 'prompts'))))\n"
        "print(*(getattr(sandbox, name).__name__ for name in sandbox.__all__))\n"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == ["sandbox", " ".join(api.__all__)]
