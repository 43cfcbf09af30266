"""`sandbox inspect`: what people and programs see, also of runs that go on, are torn or hold hostile text."""

import contextlib
import csv
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from conftest import ROOT, Sandbox
from example_runs import SMALL, scripted_run
from jsonschema import Draft202012Validator

from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import read_lines
from sandbox.runs.locking import lock
from sandbox.runs.records import Interaction


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Path:
    return scripted_run(sandbox, tmp_path)


def test_an_empty_list_says_how_to_make_a_run(sandbox: Sandbox) -> None:
    done = sandbox("inspect")
    assert done.code == 0
    assert "No runs in runs. Make one: sandbox simulate" in done.out
    assert json.loads(sandbox("inspect", "--json").out) == []


def test_the_list_of_runs(sandbox: Sandbox, run: Path) -> None:
    shown = sandbox("inspect").out
    assert "one" in shown
    assert "complete" in shown
    assert "2/2" in shown
    assert [item["run_id"] for item in json.loads(sandbox("inspect", "--json").out)] == ["one"]


def test_a_broken_run_does_not_hide_the_others(sandbox: Sandbox, run: Path) -> None:
    broken = run.parent / "broken"
    broken.mkdir()
    (broken / "manifest.json").write_text("{")
    odd = json.loads((run / "manifest.json").read_text())
    odd["config"]["grid"] = "wide"
    (run.parent / "odd").mkdir()
    (run.parent / "odd" / "manifest.json").write_text(json.dumps(odd))
    done = sandbox("inspect")
    assert done.code == 0
    assert "one" in done.out
    assert "broken/manifest.json: not a manifest of schema 1" in done.err
    assert "odd/manifest.json: not a manifest of schema 1: config.grid" in done.err


def test_the_summary_adds_up(sandbox: Sandbox, run: Path) -> None:
    shown = sandbox("inspect", "one").out
    assert "18 interactions planned = 18 complete + 0 failed + 0 not reached." in shown
    assert "scripted is no language model" in shown
    document = json.loads(sandbox("inspect", run, "--json").out)
    assert [item["round"] for item in document["rounds"]] == [0, 1]
    first = document["rounds"][0]["scores"]
    row = next(line for line in shown.splitlines() if line.split()[:1] == ["0"])
    assert row.split()[1] == f"{first['draft']['alignment']['mean']:.2f}"
    assert row.split()[2] == f"{first['revision']['alignment']['mean']:.2f}"


def test_a_run_that_nobody_works_on_is_not_running(sandbox: Sandbox, run: Path) -> None:
    text = (run / "manifest.json").read_text()
    (run / "manifest.json").write_text(text.replace('"status": "complete"', '"status": "running"'))
    shown = sandbox("inspect", "one").out
    assert "Run one interrupted" in shown
    assert "Go on with it: sandbox simulate --resume runs/one" in shown
    assert "interrupted" in sandbox("inspect").out
    with lock(RunDirectory(run)):
        assert "Run one running" in sandbox("inspect", "one").out


def test_one_interaction_is_a_story(sandbox: Sandbox, run: Path) -> None:
    items = {item.id: item for item in read_lines(run / "interactions.jsonl", Interaction)}
    item = items["r001-a004"]
    assert item.draft
    assert item.revision
    shown = sandbox("inspect", "one", "--interaction", "r001-a004").out
    order = [shown.index(text) for text in ("Question", item.question, "Draft", item.draft, "Feedback of agent")]
    assert order == sorted(order)
    assert shown.index(item.draft) < shown.index(item.revision)
    assert "Observer on the engagement of the revision" in shown
    found = json.loads(sandbox("inspect", "one", "--interaction", "r001-a004", "--json").out)
    assert found == item.model_dump(mode="json")


def test_what_is_not_there_is_named(sandbox: Sandbox, run: Path) -> None:
    absent = sandbox("inspect", "onne")
    assert absent.code == 2
    assert "onne: no such run, as a path or in runs. Did you mean 'one'?" in absent.err
    interaction = sandbox("inspect", "one", "--interaction", "r009-a000")
    assert interaction.code == 2
    assert "It has r000-a000 to r001-a008." in interaction.err


def test_a_run_that_is_being_written_can_be_read(sandbox: Sandbox, run: Path) -> None:
    whole = (run / "interactions.jsonl").read_bytes()
    (run / "interactions.jsonl").write_bytes(whole[: len(whole) // 2])
    (run / "rounds.jsonl").write_bytes(b"")
    assert sandbox("inspect", "one").code == 0
    assert sandbox("inspect", "one", "--interaction", "r000-a000").code == 0


def test_a_torn_line_of_a_dead_run_is_said_to_be_left_out(sandbox: Sandbox, run: Path) -> None:
    whole = (run / "interactions.jsonl").read_bytes()
    (run / "interactions.jsonl").write_bytes(whole[:-100])
    text = (run / "manifest.json").read_text()
    (run / "manifest.json").write_text(text.replace('"status": "complete"', '"status": "running"'))
    done = sandbox("inspect", "one")
    assert done.code == 0
    assert "interactions.jsonl: its last line is torn, as a kill leaves it, and left out here." in done.err
    with lock(RunDirectory(run)):
        assert "torn" not in sandbox("inspect", "one").err, "a line that is being written is none"


def test_every_table_is_there_as_csv(sandbox: Sandbox, run: Path) -> None:
    tables = json.loads(sandbox("inspect", "one", "--json").out)["tables"]
    blocks = [block.splitlines() for block in sandbox("inspect", "one", "--csv").out.split("\n\n")]
    assert [block[0] for block in blocks] == [f"# {name}" for name in tables]
    for block, rows in zip(blocks, tables.values(), strict=True):
        read = list(csv.DictReader(block[1:]))
        assert len(read) == len(rows)
        assert [row[next(iter(row))] for row in read] == [str(row[next(iter(row))]) for row in rows]
    one = sandbox("inspect", "one", "--csv", "--table", "alignment by round").out
    assert one.splitlines()[0].startswith(
        "round,draft_alignment,draft_alignment_low,draft_alignment_high,draft_alignment_count,revision_"
    )
    first = next(csv.DictReader(one.splitlines()))
    assert float(first["draft_alignment"]) == round(tables["alignment by round"][0]["draft_alignment"]["mean"], 6)
    wrong = sandbox("inspect", "one", "--table", "alignment by rund")
    assert wrong.code == 2
    assert "Did you mean 'alignment by round'?" in wrong.err


@pytest.mark.parametrize("columns", [pytest.param(66, marks=pytest.mark.slow), 80])
def test_tables_fit_the_terminal(sandbox: Sandbox, run: Path, tmp_path: Path, columns: int) -> None:
    assert sandbox("simulate", *SMALL, "--run-id", "two").code == 0
    views = ("", "one", "one --interactions", "one two", "one --why", "one --agent 3")
    for words, lines in zip(views, in_terminal(columns, tmp_path, *(f"inspect {view}" for view in views)), strict=True):
        assert len(lines) > 4
        assert max(map(len, lines)) <= columns, lines
        headings = [line for line in lines if line.split()[:1] in (["run"], ["id"], ["round"])]
        assert headings or "--why" in words
        assert not any("…" in line for line in headings), headings


def in_terminal(columns: int, folder: Path, *lines: str) -> list[list[str]]:
    """What each command shows on a real terminal of so many columns, without colours; one process says all."""
    code = (
        "import sys; from sandbox.cli import main\n"
        "for line in sys.argv[1:]:\n"
        "    sys.argv = ['sandbox', *line.split()]\n"
        "    try: main()\n"
        "    except SystemExit as ended: assert not ended.code\n"
        "    print('\\0', end='', flush=True)\n"
        "assert 'pandas' not in sys.modules"  # pyarrow imports it without need, which takes half a second
    )
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    variables = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    variables["PYTHONPATH"] = str(ROOT)
    # On a busy machine a read may last, and show that it goes on.
    process = subprocess.Popen(
        [sys.executable, "-c", code, *lines], cwd=folder, env=variables, stdout=theirs, stderr=subprocess.DEVNULL
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # a terminal that nobody writes to any more cannot be read
        while block := os.read(ours, 1 << 16):
            shown += block
    os.close(ours)
    assert process.wait() == 0, shown
    *pages, _ = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).split("\0")
    return [page.split("\r\n") for page in pages]


@pytest.mark.slow
def test_a_report_is_written_once(sandbox: Sandbox, run: Path, tmp_path: Path) -> None:
    done = sandbox("inspect", "one", "--html", "report.html")
    assert done.code == 0, done.err
    assert re.search(r"report\.html is written: [\d.]+ (kB|MB), all 18 interactions\.", done.err)
    page = (tmp_path / "report.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    again = sandbox("inspect", "one", "--html", "report.html")
    assert again.code == 2
    assert "report.html" in again.err
    assert (tmp_path / "report.html").read_text() == page


def test_a_browser_needs_a_terminal(sandbox: Sandbox, run: Path) -> None:
    done = sandbox("inspect", "one", "--browse")
    assert done.code == 2
    assert "terminal" in done.err
    several = sandbox("inspect", "one", "one", "--browse")
    assert several.code == 2
    assert "--browse looks into one run" in several.err


def test_an_answer_that_is_longer_than_a_block_is_read(sandbox: Sandbox, run: Path) -> None:
    lines = (run / "interactions.jsonl").read_text().splitlines()
    item = json.loads(lines[7])
    item["draft"] = "needle " + "x" * 3_000_000
    lines[7] = json.dumps(item)
    (run / "interactions.jsonl").write_text("\n".join(lines) + "\n")
    assert "18 interactions planned = 18 complete" in sandbox("inspect", "one").out
    found = json.loads(sandbox("inspect", "one", "--search", "needle", "--json").out)
    assert [each["id"] for each in found["interactions"]] == [item["id"]]
    assert json.loads(sandbox("inspect", "one", "--interactions", "--json").out)["found"] == 18


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--interaction", "r000-a000", "--why"], "--interaction and --why are two views"),
        (["--interaction", "r000-a000", "--csv"], "which is no table"),
        (["--json", "--csv"], "--json and --csv are two ways to show it"),
        (["--why", "--label", "good"], "--why shows all there is: leave out --label"),
        (["--status", "complete"], "--status chooses from the list of runs"),
        (["-o", "x.png"], "--output is for a picture"),
        (["--json", "--table", "nonsense"], "no such table"),
        (["--plot", "rounds", "-o", "absent/x.png"], "the folder absent is not there"),
    ],
)
def test_options_that_do_not_go_together_are_told(sandbox: Sandbox, run: Path, words: list[str], message: str) -> None:
    done = sandbox("inspect", "one", *words)
    assert done.code == 2
    assert message in done.err
    assert done.out == ""


def test_an_order_lists_interactions(sandbox: Sandbox, run: Path) -> None:
    assert "3 of 18 that fit" in sandbox("inspect", "one", "--sort", "gain", "--limit", 3).out
    assert list(json.loads(sandbox("inspect", "one", "--json", "--table", "alignment by round").out)["tables"]) == [
        "alignment by round"
    ]


@pytest.mark.slow
def test_csv_cannot_drive_a_terminal(sandbox: Sandbox, run: Path, tmp_path: Path) -> None:
    lines = (run / "interactions.jsonl").read_text().splitlines()
    lines[0] = json.dumps(json.loads(lines[0]) | {"question": "\x1b]0;owned\x07 =1"})
    (run / "interactions.jsonl").write_text("\n".join(lines) + "\n")
    piped = sandbox("inspect", "one", "--interactions", "--csv").out
    assert r"\x1b]0;owned\x07 =1" in piped, "a pipe may end on a terminal"
    (shown,) = in_terminal(200, tmp_path, "inspect one --interactions --csv")
    assert not any("\x1b" in line or "\x07" in line for line in shown)


def test_a_broken_line_is_named(sandbox: Sandbox, run: Path) -> None:
    lines = (run / "interactions.jsonl").read_bytes().splitlines(keepends=True)
    (run / "interactions.jsonl").write_bytes(b"".join([lines[0], b"{}\n", *lines[1:]]))
    done = sandbox("inspect", "one", "--interactions")
    assert done.code == 1
    assert "interactions.jsonl:2: id is missing" in done.err


def test_model_output_cannot_reach_the_terminal_raw(sandbox: Sandbox, run: Path) -> None:
    lines = (run / "interactions.jsonl").read_text().splitlines()
    item = json.loads(lines[0])
    item["draft"] = "\x1b[2J\x1b]0;owned\x07[bold red]not markup[/]\u202egnirts\u2028\x9b1m\r"
    lines[0] = json.dumps(item)
    (run / "interactions.jsonl").write_text("\n".join(lines) + "\n")
    shown = sandbox("inspect", "one", "--interaction", "r000-a000").out
    assert r"\x1b[2J\x1b]0;owned\x07[bold red]not markup[/]\u202egnirts\u2028\x9b1m\r" in shown
    assert not any(mark in shown for mark in "\x1b\x07\u202e\u2028\x9b\r")


def test_the_schema_fits_what_is_written(sandbox: Sandbox, run: Path) -> None:
    schemas = json.loads(sandbox("inspect", "--schema").out)
    schemas = {name: each for name, each in schemas.items() if ": " not in name}  # those of other kinds of folders
    assert set(schemas) == {
        "interactions.jsonl",
        "rounds.jsonl",
        "calls.jsonl",
        "questions.jsonl",
        "manifest.json",
        "study.json",
        "NAME.tags.json",
    }
    assert sandbox("tag", "one", "--add", "checked").code == 0
    tags = json.loads((run.parent / "one.tags.json").read_text())
    Draft202012Validator(schemas.pop("NAME.tags.json")).validate(tags)
    del schemas["study.json"]  # tests/test_study_readers.py has one
    for name, schema in schemas.items():
        text = (run / name).read_text()
        documents = [json.loads(text)] if name == "manifest.json" else [json.loads(line) for line in text.splitlines()]
        assert documents
        for document in documents:
            Draft202012Validator(schema).validate(document)


def test_keys_stand_in_the_order_of_the_format(run: Path) -> None:
    item = json.loads((run / "interactions.jsonl").read_text().splitlines()[0])
    assert list(item) == [
        "id", "round", "agent", "position", "label", "model", "question_id", "question", "recall", "draft",
        "feedback", "revision", "finish", "scores", "failed",
    ]  # fmt: skip
    assert list(item["feedback"][0]) == [
        "agent", "label", "model", "rating", "missing", "reason", "raw", "recall",
    ]  # fmt: skip
    assert list(item["scores"]["draft"]["alignment"]) == ["rating", "missing", "reason", "raw"]
    call = json.loads((run / "calls.jsonl").read_text().splitlines()[0])
    assert list(call) == [
        "round", "agent", "stage", "neighbour", "dimension", "ask", "request", "reply", "error", "usage", "model",
        "tries", "latency", "at",
    ]  # fmt: skip
    recalls = [json.loads(line)["recall"] for line in (run / "interactions.jsonl").read_text().splitlines()]
    assert list(next(recall for recall in recalls if recall)) == ["question", "answer", "similarity", "round"]


def test_interactions_hold_no_times_and_no_tries(run: Path) -> None:
    text = (run / "interactions.jsonl").read_text()
    assert not any(f'"{word}"' in text for word in ("at", "latency", "tries", "usage"))


def test_a_lost_journal_is_not_to_be_mended_by_a_resume_that_refuses(sandbox: Sandbox, made_run: Path) -> None:
    (made_run / "calls.jsonl").write_bytes(b"")
    warned = sandbox("inspect", made_run).err
    assert "line 1 of 180 is not there. Bring the journal back from a copy." in warned
    assert sandbox("simulate", "--resume", made_run).code == 1
