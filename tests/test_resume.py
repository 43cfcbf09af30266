"""Taking a run up again: nothing is asked twice, nothing is lost, and the log is the same bytes."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import SMALL, manifest, scripted_run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import read_lines
from sandbox.runs.locking import lock
from sandbox.runs.records import JournalLine

LOGS = ("calls.jsonl", "interactions.jsonl", "rounds.jsonl")


def digest(run: Path, file: str = "interactions.jsonl") -> str:
    return hashlib.sha256((run / file).read_bytes()).hexdigest()


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Path:
    return scripted_run(sandbox, tmp_path, rounds=3, threshold=0.2)


def killed(run: Path, name: str, cuts: dict[str, int]) -> Path:
    """A copy of `run` as a killed process leaves it: files cut at any byte, a manifest that says `running`."""
    copy = run.parent / name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(run, copy)
    for file, size in cuts.items():
        (copy / file).write_bytes((copy / file).read_bytes()[:size])
    text = (copy / "manifest.json").read_text().replace('"status": "complete"', '"status": "running"')
    (copy / "manifest.json").write_text(text)
    return copy


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shares=st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_cut_anywhere_a_run_ends_with_the_same_bytes(sandbox: Sandbox, run: Path, shares: list[float]) -> None:
    sizes = {file: int((run / file).stat().st_size * share) for file, share in zip(LOGS, shares, strict=True)}
    copy = killed(run, "cut", sizes)
    kept = len(list(read_lines(copy / "calls.jsonl", JournalLine)))
    if not kept:
        (copy / "interactions.jsonl").write_bytes(b"")
    done = sandbox("simulate", "--resume", copy)
    assert done.code == 0, done.err
    assert [digest(copy, file) for file in LOGS[1:]] == [digest(run, file) for file in LOGS[1:]]
    lines = list(read_lines(copy / "calls.jsonl", JournalLine))
    assert len({line.key for line in lines}) == len(lines) == 270
    assert manifest(copy)["attempts"][-1]["calls"] == 270 - kept


def test_what_was_paid_stays_as_it_was(sandbox: Sandbox, run: Path) -> None:
    copy = killed(run, "cut", {"calls.jsonl": 40_000})
    before = (copy / "calls.jsonl").read_bytes()
    sandbox("simulate", "--resume", "cut")
    assert (copy / "calls.jsonl").read_bytes().startswith(before.rpartition(b"\n")[0])


def test_totals_carry_over_attempts(sandbox: Sandbox, run: Path) -> None:
    copy = killed(run, "cut", {"calls.jsonl": 40_000})
    sandbox("simulate", "--resume", "cut")
    whole, again = manifest(run), manifest(copy)
    for name in ("planned", "complete", "calls", "tries", "prompt_tokens", "completion_tokens", "missing_ratings"):
        assert again["totals"][name] == whole["totals"][name], name
    assert again["status"] == "complete"
    assert len(again["attempts"]) == 2
    assert again["fingerprint"] == whole["fingerprint"]
    seconds = sum(attempt["wall_seconds"] for attempt in again["attempts"])
    assert again["totals"]["wall_seconds"] == pytest.approx(seconds, abs=0.01)


def test_a_finished_run_is_finished_again_without_a_call(sandbox: Sandbox, run: Path) -> None:
    before = digest(run, "calls.jsonl")
    done = sandbox("simulate", "--resume", run)
    assert done.code == 0
    assert "270 calls and 27 interactions are there already." in done.err
    assert digest(run, "calls.jsonl") == before


def test_more_rounds_extend_a_finished_run(sandbox: Sandbox, run: Path) -> None:
    longer = run.parent / "longer"
    arguments = (*SMALL, "--radius", 2, "--threshold", 0.2)
    assert sandbox("simulate", *arguments, "--rounds", 5, "--run-id", "longer").code == 0
    assert sandbox("simulate", "--resume", "one", "--rounds", 5).code == 0
    assert digest(run) == digest(longer)
    assert manifest(run)["totals"]["planned"] == 45
    assert manifest(run)["config"]["rounds"] == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--seed", 5, "--grid", 4), "--grid 3 -> 4; --seed 0 -> 5"),
        (("--rounds", 2), "--rounds 3 -> 2 (a run can only grow)"),
        (("--questions", "other.txt"), "--questions 'starter' -> 'other.txt'"),
    ],
)
def test_options_that_change_results_are_refused_by_name(
    sandbox: Sandbox, run: Path, arguments: tuple[Any, ...], message: str
) -> None:
    before = (run / "manifest.json").read_bytes()
    done = sandbox("simulate", "--resume", "one", *arguments)
    assert done.code == 2
    assert message in done.err
    assert (run / "manifest.json").read_bytes() == before


def test_operational_options_are_taken(sandbox: Sandbox, run: Path) -> None:
    copy = killed(run, "cut", {"calls.jsonl": 1000})
    assert sandbox("simulate", "--resume", "cut", "--concurrency", 2, "--timeout", 5).code == 0
    assert manifest(copy)["config"]["concurrency"] == 2
    assert manifest(copy)["origins"]["concurrency"] == "flag"
    assert manifest(copy)["origins"]["grid"] == "flag"


def test_a_run_goes_on_with_the_templates_that_it_kept(sandbox: Sandbox, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "rule.jinja").write_text("Be kind.")
    made = ("--prompts", "own", "--budget-calls", 20, "--run-id", "mine")
    assert sandbox("simulate", *SMALL, *made).code == 4
    (own / "rule.jinja").write_text("Be brief.")
    whole = sandbox("simulate", "--resume", "mine", "--budget-calls", 10_000)
    assert whole.code == 0, whole.err
    shutil.rmtree(own)
    assert sandbox("simulate", "--replay", "mine").code == 0
    grown = sandbox("simulate", "--resume", "mine", "--rounds", 4)
    assert grown.code == 0, grown.err


def test_changed_templates_or_questions_are_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("Why is that so?\nHow can it be?\n")
    made = ("--questions", "mine.txt", "--labels", "none", "--run-id", "mine")
    assert sandbox("simulate", *SMALL, *made).code == 0
    rule = tmp_path / "runs" / "mine" / "prompts" / "rule.jinja"
    before = rule.read_text()
    rule.write_text("Be brief.")
    for how in ("--resume", "--replay"):
        refused = sandbox("simulate", how, "mine")
        assert refused.code == 2
        assert refused.err.splitlines()[-1].endswith("(rule differ), so only a new run can be made with them.")
    rule.write_text(before)
    (tmp_path / "mine.txt").write_text("Why is that so?\nHow else?\n")
    assert sandbox("simulate", "--resume", "mine").code == 0, "it keeps its questions"
    (tmp_path / "runs" / "mine" / "questions.jsonl").unlink()  # as earlier versions left it
    assert "(questions)" in sandbox("simulate", "--resume", "mine").err


def broken(change: Callable[[dict[str, Any]], None]) -> Callable[[Path, str], None]:
    """Change the tenth line of a file."""

    def apply(run: Path, file: str) -> None:
        lines = (run / file).read_text().splitlines()
        document = json.loads(lines[9])
        change(document)
        lines[9] = json.dumps(document, separators=(",", ":"))
        (run / file).write_text("\n".join(lines) + "\n")

    return apply


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("calls.jsonl", lambda line: line.update(request="0" * 64), "was asked something else"),
        (
            "calls.jsonl",
            lambda line: line.update(stage="draft", agent=0, neighbour=None),
            "calls.jsonl:10: r000-a000 draft (ask 0) stands there twice",
        ),
        ("calls.jsonl", lambda line: line.update(tries="many"), "calls.jsonl:10: tries"),
        ("interactions.jsonl", lambda line: line.update(revision="Else."), "interactions.jsonl:10 is not what"),
    ],
)
def test_a_journal_or_log_that_was_changed_is_refused(
    sandbox: Sandbox, run: Path, file: str, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    broken(change)(run, file)
    before = {name: (run / name).read_bytes() for name in (*LOGS, "manifest.json")}
    done = sandbox("simulate", "--resume", "one")
    assert done.code == 1, done.err
    assert message in done.err
    assert {name: (run / name).read_bytes() for name in before} == before


def test_two_processes_do_not_work_on_one_run(sandbox: Sandbox, run: Path) -> None:
    with lock(RunDirectory(run)):
        done = sandbox("simulate", "--resume", "one")
    assert done.code == 1
    assert "Run one is being worked on by another process" in done.err
    assert sandbox("simulate", "--resume", "one").code == 0


def test_a_run_that_is_not_there_is_named(sandbox: Sandbox, run: Path) -> None:
    done = sandbox("simulate", "--resume", "onne")
    assert done.code == 2
    assert "Did you mean 'one'?" in done.err


@pytest.mark.parametrize("lost", ["empty", "absent"])
def test_a_lost_journal_is_no_reason_to_pay_again(sandbox: Sandbox, run: Path, lost: str) -> None:
    (run / "calls.jsonl").unlink() if lost == "absent" else (run / "calls.jsonl").write_bytes(b"")
    before = (run / "interactions.jsonl").read_bytes()
    done = sandbox("simulate", "--resume", "one")
    assert done.code == 1
    assert "calls.jsonl is missing or empty" in done.err
    assert (run / "interactions.jsonl").read_bytes() == before


def test_replay_derives_the_log_from_the_journal(sandbox: Sandbox, run: Path) -> None:
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    done = sandbox("simulate", "--replay", "one")
    assert (done.code, done.out) == (0, "270 journalled calls give the same 27 interactions.\n")
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda line: line.update(revision="Else."),
            "interactions.jsonl:10: r001-a000 differs from the journal: revision",
        ),
        (lambda line: line["scores"]["draft"].update(alignment=None), "r001-a000 differs from the journal: scores"),
        (lambda line: line.update(extra=1), "the order or number of its fields"),
    ],
)
def test_replay_names_the_first_difference(
    sandbox: Sandbox, run: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    broken(change)(run, "interactions.jsonl")
    done = sandbox("simulate", "--replay", "one")
    assert done.code == 1
    assert message in done.err


def test_replay_finds_missing_and_surplus_lines(sandbox: Sandbox, run: Path) -> None:
    lines = (run / "interactions.jsonl").read_bytes().splitlines(keepends=True)
    (run / "interactions.jsonl").write_bytes(b"".join(lines[:-1]))
    assert (
        "interactions.jsonl:27: r002-a008 differs from the journal: the line is absent"
        in sandbox("simulate", "--replay", "one").err
    )
    (run / "interactions.jsonl").write_bytes(b"".join([*lines, lines[-1]]))
    assert "interactions.jsonl:28: there are more lines" in sandbox("simulate", "--replay", "one").err
    (run / "interactions.jsonl").write_bytes(b"".join(lines[:-1]) + b"no json\n")
    assert "the line is no JSON" in sandbox("simulate", "--replay", "one").err


def test_replay_of_an_unfinished_run_says_so(sandbox: Sandbox, run: Path) -> None:
    copy = killed(run, "cut", {"calls.jsonl": 40_000, "interactions.jsonl": 0})
    done = sandbox("simulate", "--replay", copy)
    assert done.code == 1
    assert "is not there: the run is not finished" in done.err or "the line is absent" in done.err


def test_what_the_journal_lost_is_not_evidence(sandbox: Sandbox, run: Path) -> None:
    """After a loss of power the log can hold what the journal does not: it is derived again, whatever it says."""
    whole = digest(run)
    broken(lambda line: line.update(revision="Else."))(run, "interactions.jsonl")
    lines = (run / "calls.jsonl").read_bytes().splitlines(keepends=True)
    (run / "calls.jsonl").write_bytes(b"".join(lines[:60]))
    done = sandbox("simulate", "--resume", "one")
    assert done.code == 0
    assert "log lines go beyond the journal: they are derived again." in done.err
    assert digest(run) == whole


def test_options_of_one_call_do_not_stick_to_a_run(sandbox: Sandbox, tmp_path: Path) -> None:
    assert sandbox("simulate", *SMALL, "--json", "--yes", "--run-id", "one").code == 0
    done = sandbox("simulate", "--resume", "one", "--rounds", 2)
    assert (done.code, done.out) == (0, "")
    config = manifest(tmp_path / "runs" / "one")["config"]
    assert (config["json"], config["yes"], config["run_id"]) == (False, False, None)


def test_attempts_add_up_after_a_kill(sandbox: Sandbox, run: Path) -> None:
    copy = killed(run, "cut", {"calls.jsonl": 40_000})
    kept = len(list(read_lines(copy / "calls.jsonl", JournalLine)))
    text = (
        (copy / "manifest.json").read_text().replace('"calls": 270,\n   "tries": 270', '"calls": 3,\n   "tries": 3', 1)
    )
    (copy / "manifest.json").write_text(text)
    assert sandbox("simulate", "--resume", "cut").code == 0
    assert [attempt["calls"] for attempt in manifest(copy)["attempts"]] == [kept, 270 - kept]


def test_a_run_with_templates_that_are_bounded_now_says_how_it_goes_on(sandbox: Sandbox, run: Path) -> None:
    template = run / "prompts" / "draft.jinja"
    template.write_text("{% macro f() %}{% endmacro %}\n" + template.read_text())
    for words in (("--resume", "one", "--rounds", 4), ("--replay", "one")):
        done = sandbox("simulate", *words)
        assert done.code == 2
        assert "draft.jinja, line 1: 'macro' may not stand in a template" in done.err
        assert "goes on with that version; inspect and export read it." in done.err
    assert sandbox("inspect", "one").code == 0
