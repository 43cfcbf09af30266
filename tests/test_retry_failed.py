"""`--retry-failed`: what failed for good is asked again, what follows from it is derived anew, nothing paid is lost."""

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import SOCIETY, Words, made, manifest
from fake_endpoint import Behaviour, Body, Fault, Server, serve
from pydantic import BaseModel

from sandbox.runs.appended import JsonLines
from sandbox.runs.json_lines import read_lines
from sandbox.runs.records import Interaction, JournalLine

# Every question is asked again in the next round, so a memory that a retry brings changes what is asked later.
MEETING = ("--rounds", 4, "--threshold", 0.1, "--concurrency", 4)
RUN = ("simulate", "--model", "fake", *SOCIETY, *MEETING, "--run-id", "one")


class Poisoned(Behaviour):
    """Prompts whose hash ends in certain digits fail for good, while `poison` is on."""

    def __init__(self, poison: str) -> None:
        super().__init__()
        object.__setattr__(self, "poison", poison)

    def fault(self, number: int, body: Body) -> Fault | None:
        return "400" if body.digest[-1] in self.poison else None  # type: ignore[attr-defined]


@pytest.fixture
def healthy(sandbox: Sandbox, tmp_path: Path) -> bytes:
    """The log of a run in which nothing fails."""

    def simulate(words: Words) -> None:
        with serve() as server:
            assert sandbox("simulate", "--model", "fake", "--base-url", server.base_url, *words).code == 0

    run = made(simulate, tmp_path, "one", MEETING, {})
    log = (run / "interactions.jsonl").read_bytes()
    shutil.rmtree(run)
    return log


def poison(sandbox: Sandbox, tmp_path: Path) -> None:
    """Let the run `one` be there, in which much failed for good."""

    def simulate(words: Words) -> None:
        with serve(Poisoned("07")) as server:
            assert sandbox("simulate", "--model", "fake", "--base-url", server.base_url, *words).code == 3

    made(simulate, tmp_path, "one", MEETING, {})


def journal(run: Path, name: str = "calls.jsonl") -> list[JournalLine]:
    return list(read_lines(run / name, JournalLine))


def assert_healthy(sandbox: Sandbox, run: Path, healthy: bytes, server: Server) -> None:
    """The log is that of a run in which nothing failed, the journal gives it again, and what was paid is counted."""
    assert (run / "interactions.jsonl").read_bytes() == healthy
    assert sandbox("simulate", "--replay", "one").code == 0
    kept, replaced, totals = journal(run), journal(run, "superseded.jsonl"), manifest(run)["totals"]
    assert len({line.key for line in kept}) == len(kept)
    assert all(line.error is None for line in kept)
    assert any(line.error for line in replaced)
    assert any(line.reply for line in replaced), "no answer was replaced: the test shows too little"
    assert totals["calls"] == len(kept) + len(replaced) == sum(item["calls"] for item in manifest(run)["attempts"])
    paid = [line.usage for line in (*kept, *replaced) if line.usage]
    assert totals["prompt_tokens"] == sum(usage.prompt_tokens for usage in paid)
    assert manifest(run)["config"]["retry_failed"] is False
    answered_twice = [body for body, count in server.counts.items() if count > 1]
    assert len(answered_twice) <= 1 + sum(line.error is not None for line in replaced)  # the probe, and what failed


def test_a_retry_ends_with_the_log_of_a_run_in_which_nothing_failed(
    sandbox: Sandbox, tmp_path: Path, run: Path, healthy: bytes
) -> None:
    poison(sandbox, tmp_path)
    failed = manifest(run)["totals"]["failed"]
    assert failed > 5
    kept = sandbox("simulate", "--resume", "one")
    assert (kept.code, manifest(run)["totals"]["failed"]) == (3, failed)
    assert "--retry-failed" in kept.err
    with serve() as server:
        done = sandbox("simulate", "--resume", "one", "--retry-failed", "--base-url", server.base_url)
        assert done.code == 0, done.err
        assert "calls that failed are asked again" in done.err
        assert_healthy(sandbox, run, healthy, server)
        before = len(server.requests)
        again = sandbox("simulate", "--resume", "one", "--retry-failed", "--base-url", server.base_url)
        assert again.code == 0, again.err
        assert len(server.requests) == before


def test_what_fails_again_is_a_failure_again(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    poison(sandbox, tmp_path)
    log = (run / "interactions.jsonl").read_bytes()
    with serve(Poisoned("07")) as server:
        assert sandbox("simulate", "--resume", "one", "--retry-failed", "--base-url", server.base_url).code == 3
        assert (run / "interactions.jsonl").read_bytes() == log
        assert sandbox("simulate", "--replay", "one").code == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_retry_that_is_killed_goes_on_as_one(
    sandbox: Sandbox,
    process: Callable[..., "subprocess.Popen[str]"],
    tmp_path: Path,
    run: Path,
    healthy: bytes,
    number: signal.Signals,
) -> None:
    poison(sandbox, tmp_path)
    killer: list[subprocess.Popen[str]] = []
    seen: list[Body] = []

    def latency(body: Body) -> float:
        seen.append(body)
        if len(seen) == 60:
            killer[0].send_signal(number)
        return 0.005

    with serve(Behaviour(latency=latency)) as server:
        killer.append(process("simulate", "--resume", "one", "--retry-failed", "--base-url", server.base_url))
        killer[0].wait(60)
        done = sandbox("simulate", "--resume", "one")
        assert done.code == 0, done.err
        assert_healthy(sandbox, run, healthy, server)


def test_a_replaced_line_is_on_disk_before_what_is_answered_in_its_place(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Path
) -> None:
    """Otherwise a loss of power could leave the new line without the old one's, and a place with two answers."""
    poison(sandbox, tmp_path)
    unsynced, lines = 0, len((run / "calls.jsonl").read_bytes().splitlines())
    init, append, sync = JsonLines.__init__, JsonLines.append, JsonLines.sync
    names: dict[JsonLines, str] = {}

    def opened(self: JsonLines, path: Path) -> None:
        names[self] = path.name
        init(self, path)

    def appended(self: JsonLines, records: Iterable[BaseModel]) -> bytes:
        nonlocal unsynced, lines
        written = [*records]
        if names[self] == "superseded.jsonl":
            unsynced += len(written)
        elif names[self] == "calls.jsonl":
            assert not unsynced
            lines += len(written)
        return append(self, written)

    def synced(self: JsonLines) -> None:
        nonlocal unsynced
        sync(self)
        unsynced = 0 if names[self] == "superseded.jsonl" else unsynced

    monkeypatch.setattr(JsonLines, "__init__", opened)
    monkeypatch.setattr(JsonLines, "append", appended)
    monkeypatch.setattr(JsonLines, "sync", synced)
    with serve() as server:
        done = sandbox("simulate", "--resume", "one", "--retry-failed", "--base-url", server.base_url)
    assert done.code == 0, done.err
    replaced = len(journal(run, "superseded.jsonl"))
    assert replaced
    assert lines == len(journal(run)) + replaced


def test_only_a_run_that_was_made_can_be_retried(sandbox: Sandbox) -> None:
    done = sandbox("simulate", "--model", "scripted", "--retry-failed")
    assert done.code == 2
    assert "--resume RUN" in done.err


def test_a_retry_stops_where_the_answer_is_and_replaces_nothing_else(sandbox: Sandbox, run: Path) -> None:
    """A failed score changes no memory: nothing but it is asked again."""
    with serve(Behaviour(script=[None] * 82 + ["400"])) as server:
        assert sandbox(*RUN, "--rounds", 1, "--concurrency", 1, "--base-url", server.base_url).code == 3
        failed = [item for item in read_lines(run / "interactions.jsonl", Interaction) if item.failed]
        assert [item.failed.stage for item in failed if item.failed] == ["score_revision"]
        before = len(server.requests)
        assert sandbox("simulate", "--resume", "one", "--retry-failed").code == 0
        assert len(server.requests) - before == 2  # the probe and the score


def test_a_retry_that_reaches_nobody_changes_nothing(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    poison(sandbox, tmp_path)
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file() and path.name != ".lock"}
    done = sandbox("simulate", "--resume", "one", "--retry-failed", "--base-url", manifest(run)["config"]["base_url"])
    assert done.code == 1
    assert "Cannot reach" in done.err
    after = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file() and path.name != ".lock"}
    assert after.pop("superseded.jsonl", b"") == b""
    assert after == before
    assert sandbox("simulate", "--replay", "one").code == 0
    assert sandbox("inspect", "one").err == ""


def test_a_retry_that_is_under_way_cannot_be_called_off(
    sandbox: Sandbox, tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(sandbox, tmp_path)
    with serve(Poisoned("07")) as server:
        words = ("--resume", "one", "--retry-failed", "--budget-calls", 200, "--base-url", server.base_url)
        stopped = sandbox("simulate", *words)
        assert stopped.code == 4, stopped.err
        replayed = sandbox("simulate", "--replay", "one")
        assert (replayed.code, "calls.jsonl: calls that failed are asked again" in replayed.err) == (1, True)
        monkeypatch.setenv("SANDBOX_RETRY_FAILED", "false")
        done = sandbox("simulate", "--resume", "one", "--budget-calls", 10_000)
        assert done.code == 2
        assert "--retry-failed (SANDBOX_RETRY_FAILED) True -> False (it is under way)" in done.err
