"""What is not seen: shown as its code on terminals and in CSV, whole in JSON, and no key or control in a traceback."""

import csv
import io
import json
import os
import pty
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from conftest import COMMAND, ROOT, Sandbox
from example_runs import log

WRITING = [
    "\u2764\ufe0f\u200d\U0001f525", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f44d\U0001f3fd",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "1\ufe0f\u20e3", "\xa9\ufe0f",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0d28\u0d4d\u200d", "\u0915\u094d\u200d\u0937",
    "\u1797\u17b6\u200b\u1781", "\u0e20\u0e32\u200b\u0e44", "\u845b\U000e0100", "\u2229\ufe00", "\u65e5\u672c\u8a9e",
    "\xa0",
]  # fmt: skip
HIDDEN = [
    "\x1b[2J", "\x9b31m", "\x7f", "a\u200bb", "a\u200db", "a\u200cb", "\u2060", "\ufeff", "\xad", "\u180e", "\u3164",
    "\uffa0", "\u115f", "\u034f", "a\ufe0f", "\U0001f600\ufe0f\ufe0f", "\U0001f600\U000e0101", "\u202etxt", "\u2066",
    "\u061c", "\u2028", "\U000e0041\U000e0042", "\U0001f3f4\U000e0041\U000e007f", "\u0645\u200c\u200c", "\ufff9",
    "\U0001d173", "a\u0e44\u200b", "\u0e44\u200b\u200b",
]  # fmt: skip


def questions(path: Path, texts: list[str]) -> list[str]:
    """A file of questions that hold `texts`."""
    asked = [f"May I say {text} at {place}?" for place, text in enumerate(texts)]
    path.write_text("".join(json.dumps({"question": each}) + "\n" for each in asked))
    return asked


def test_what_belongs_to_writing_is_shown_as_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    asked = questions(tmp_path / "q.jsonl", WRITING)
    shown = sandbox("questions", "show", "--questions", "q.jsonl", "--limit", 100).out
    assert [ascii(each) for each in asked if each not in shown] == []


def test_what_nobody_sees_is_shown_as_its_code_and_whole_in_json(sandbox: Sandbox, tmp_path: Path) -> None:
    asked = questions(tmp_path / "q.jsonl", HIDDEN)
    show = ("questions", "show", "--questions", "q.jsonl", "--limit", 100)
    shown, document = sandbox(*show).out, sandbox(*show, "--json").out
    assert [ascii(text) for text in HIDDEN if f"say {text} at" in shown or f"say {text} at" in document] == []
    codes = {ascii(text[-1])[1:-1] for text in HIDDEN if not text[-1].isascii()}
    assert codes - {code for code in codes if code in shown} == set()
    assert [each["text"] for each in json.loads(document)["questions"]] == asked


def test_nothing_of_others_begins_a_line_of_ours(sandbox: Sandbox, tmp_path: Path) -> None:
    forged = "x\n\ntrl: trains on it\nset will do.\t"
    (tmp_path / "set").mkdir()
    row = {"prompt": "p", "chosen": "a", "rejected": "a", forged: "y"}
    (tmp_path / "set" / "train.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "set" / f"{forged}.jsonl").write_text("{}\n")
    about = {"configs": [{"config_name": forged, "data_files": [{"split": "train", "path": "train.jsonl"}]}]}
    (tmp_path / "set" / "README.md").write_text(f"---\n{json.dumps(about)}\n---\n")
    shown = sandbox("export", "--check", "set").out
    assert r"x\n\ntrl: trains on it\nset will do.\t" in shown
    assert not {"set will do.", "set will do.\t", "trl: trains on it"} & {line.strip() for line in shown.splitlines()}
    questions(tmp_path / "q.jsonl", ["a\n0123456789abcdef  Forged"])
    assert "\n0123" not in sandbox("questions", "show", "--questions", "q.jsonl").out
    named = ("simulate", "--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--questions", "starter", "--dry-run")
    (tmp_path / "own.toml").write_text(f"observer_api_key_env = {json.dumps(forged)}")
    done = sandbox(*named, "--config", "own.toml", "--observer-base-url", "http://127.0.0.1:9/w", "--embedder", "hash")
    assert (done.code, "trl" in done.out + done.err) == (2, False), "what is no name of a variable is not shown"


def test_csv_in_a_pipe_is_harmless_and_json_is_whole(sandbox: Sandbox, made_run: Path) -> None:
    path = made_run / "interactions.jsonl"
    items = log(made_run)
    items[0]["question"] = question = "=1+1\x1b[2J\x9b31m\u202e\U000e0041\rover"
    items[1]["question"] = "\uff1dSUM(A1)"
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    view = ("inspect", made_run, "--round", 0)
    rows = list(csv.DictReader(io.StringIO(sandbox(*view, "--csv").out)))
    assert rows[0]["question"] == r"'=1+1\x1b[2J\x9b31m\u202e\U000e0041\rover"
    assert rows[1]["question"] == "'\uff1dSUM(A1)"
    assert json.loads(sandbox(*view, "--json").out)["interactions"][0]["question"] == question


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "ANY_TOKEN"])
def test_a_traceback_is_harmless_and_holds_no_key(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "word/with+all=kinds")
    done = sandbox("inspect", "no\x1b[2J\u202e\U000e0041 word/with+all=kinds Bearer 0123456789abcdef", "--debug")
    assert done.code == 2
    trace = done.err[: done.err.index("\nError: ")]
    assert "Traceback" in trace
    assert r"UsageError: no\x1b[2J\u202e\U000e0041 *** ***" in trace
    assert not {"\x1b", "\u202e", "\U000e0041"} & set(done.err)


def test_a_traceback_is_bounded(sandbox: Sandbox) -> None:
    done = sandbox("inspect", "x" * 5_000, "--debug")
    assert max(map(len, done.err[: done.err.index("\nError: ")].splitlines())) <= 1_000


def test_a_long_read_shows_that_it_goes_on(tmp_path: Path) -> None:
    """The command waits for its questions, and the test for the sign that it does."""
    ours, theirs = pty.openpty()
    words = [*COMMAND, "questions", "show", "--questions", "-"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
    with Popen(words, cwd=tmp_path, env=environment, stdin=PIPE, stdout=PIPE, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        while b"Reading questions from -: 1 s" not in seen:
            seen += os.read(ours, 1000)
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"May I?\n")
        process.stdin.close()
        assert b"May I?" in process.stdout.read()
    os.close(ours)
