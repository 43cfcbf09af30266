"""The commands on damaged runs: each ends with a code and a message, and looking at a run changes nothing in it."""

import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Finished, Sandbox
from damage import CALLS, DAMAGES, Damage, intact, whole_run
from example_runs import TINY
from fake_endpoint import Behaviour, Body, serve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FILES = ("calls.jsonl", "interactions.jsonl", "rounds.jsonl", "manifest.json")
SOME = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLACE = st.integers(0, 10**9)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_run(tmp_path_factory.mktemp("whole"))


def damaged(whole: Path, runs: Path, file: str, damage: Damage, place: int) -> Path:
    """A copy of the run `whole` in `runs`, with one file damaged."""
    copy = runs / "cut"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(whole, copy)
    (copy / file).write_bytes(damage((whole / file).read_bytes(), place))
    return copy


def contents(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.iterdir() if path.is_file() and path.name != ".lock"}


def assert_civil(done: Finished) -> None:
    """0, or one message of at most three lines, whatever stood in the files."""
    shown = done.out + done.err
    assert done.code in (0, 1, 2), shown
    assert "Traceback" not in shown
    assert "a fault of sandbox" not in shown
    if done.code:
        assert 1 <= len(done.err[done.err.index("Error: ") :].splitlines()) <= 3


def look(sandbox: Sandbox, run: Path) -> None:
    """Every command that only reads."""
    before = contents(run)
    assert_civil(sandbox("inspect"))
    assert_civil(sandbox("inspect", "--json"))
    assert_civil(sandbox("inspect", run))
    assert_civil(sandbox("inspect", run, "--json"))
    assert_civil(sandbox("inspect", run, "--interaction", "r001-a003"))
    assert_civil(sandbox("simulate", "--replay", run))
    assert contents(run) == before


def resume(sandbox: Sandbox, whole: Path, run: Path, file: str) -> None:
    """Either the same log in the end, or an error that names a file and a line."""
    done = sandbox("simulate", "--resume", run)
    assert_civil(done)
    if done.code:
        assert re.search(r"(calls|interactions|rounds)\.jsonl(:\d+| is missing or empty)", done.err) or (
            file == "manifest.json"
        ), done.err
        return
    log, original = (path / "interactions.jsonl" for path in (run, whole))
    if file in ("calls.jsonl", "manifest.json") and log.read_bytes() != original.read_bytes():
        # The journal is the evidence: what it answers otherwise, or for more rounds, is so.
        assert "log lines go beyond the journal" in done.err or file == "manifest.json"
    else:
        assert log.read_bytes() == original.read_bytes()
    assert sandbox("simulate", "--replay", run).code == 0
    assert sandbox("inspect", run).err == ""


def check(sandbox: Sandbox, whole: Path, runs: Path, file: str, damage: Damage, place: int) -> None:
    run = damaged(whole, runs, file, damage, place)
    look(sandbox, run)
    resume(sandbox, whole, run, file)


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
@SOME
@given(damage=st.sampled_from(DAMAGES), place=PLACE)
def test_every_command_survives(
    sandbox: Sandbox, whole: Path, tmp_path: Path, file: str, damage: Damage, place: int
) -> None:
    check(sandbox, whole, tmp_path / "runs", file, damage, place)


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("damage", DAMAGES)
@settings(SOME, max_examples=15)
@given(place=PLACE)
def test_every_command_survives_everything(
    sandbox: Sandbox, whole: Path, tmp_path: Path, file: str, damage: Damage, place: int
) -> None:
    check(sandbox, whole, tmp_path / "runs", file, damage, place)


@pytest.mark.slow
@pytest.mark.parametrize("number", [str(10**30), "-1", "1e400", "NaN", "[" * 5000])
@pytest.mark.parametrize("file", FILES)
def test_no_number_is_too_strange(sandbox: Sandbox, whole: Path, tmp_path: Path, file: str, number: str) -> None:
    """One number after the other: all of the manifest, the last ones of the other files."""
    run = damaged(whole, tmp_path / "runs", file, intact, 0)
    text = (whole / file).read_text()
    numbers = list(re.finditer(r'(?<=":) ?\d[\d.]*(?=[,}\n])', text))
    assert len(numbers) > 10
    for found in numbers if file == "manifest.json" else numbers[-4:]:
        (run / file).write_text(text[: found.start()] + number + text[found.end() :])
        look(sandbox, run)


def test_a_journal_with_lines_of_another_run_is_refused(sandbox: Sandbox, whole: Path, tmp_path: Path) -> None:
    run = damaged(whole, tmp_path / "runs", "calls.jsonl", intact, 0)
    with (run / "calls.jsonl").open("a") as journal:
        line = (whole / "calls.jsonl").read_text().splitlines()[0]
        journal.write(line.replace('"round":0', '"round":7') + "\n")
    before = contents(run)
    for option in ("--resume", "--replay"):
        done = sandbox("simulate", option, run)
        assert done.code == 1
        assert f"calls.jsonl:{CALLS + 1}: r007-a" in done.err
        assert "is no call that this run makes" in done.err
        assert contents(run) == before


def test_a_run_whose_failures_were_asked_again_lacks_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    words = (*TINY, "--model", "fake", "--concurrency", 1, "--run-id", "one")
    with serve(Behaviour(script=[None, "400"])) as server:
        assert sandbox("simulate", *words, "--base-url", server.base_url).code == 3
        assert sandbox("inspect", "one").err == ""
        assert sandbox("simulate", "--resume", "one", "--retry-failed").code == 0
    assert sandbox("inspect", "one").err == ""


class Kill:
    """A latency: kills `process` at the request of this number."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.process: subprocess.Popen[str] | None = None

    def __call__(self, body: Body) -> float:
        self.left -= 1
        if self.left == 0:
            assert self.process
            self.process.kill()
        return 0.0


@pytest.mark.slow
def test_more_rounds_that_a_kill_cut_short_go_on(process: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    whole = (*TINY, "--model", "fake", "--concurrency", 1)
    with serve(Behaviour()) as server:
        assert sandbox("simulate", *whole, "--base-url", server.base_url, "--rounds", 3, "--run-id", "whole").code == 0
        assert sandbox("simulate", *whole, "--base-url", server.base_url, "--run-id", "one").code == 0
    kill = Kill(12)
    with serve(Behaviour(latency=kill)) as server:
        kill.process = process("simulate", "--resume", "one", "--rounds", 3, "--base-url", server.base_url)
        assert kill.process.wait(60) == -signal.SIGKILL
        assert sandbox("simulate", "--resume", "one").code == 0
    logs = [(tmp_path / "runs" / name / "interactions.jsonl").read_bytes() for name in ("one", "whole")]
    assert logs[0] == logs[1]
