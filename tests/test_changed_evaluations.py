"""Evaluations whose files were changed by hand: what is not what was asked is named, and nothing is paid twice."""

import json
from pathlib import Path

from asked_suites import lines, write_suite
from conftest import Sandbox

CHANGES = (
    ("my-judged.json", '"scale":[1,10]', '"scale":[1,100]'),
    ("my-judged.json", '"higher_is_better":true', '"higher_is_better":false'),
    ("my-judged.json", "{{ question }}", "{{ mood }}"),
    ("my-judged.json", ' | fence(\\"answer\\")', ""),
    ("my-judged.jsonl", "case 7", "case 8"),
    ("my-judged.jsonl", '"category":"b"', '"category":"c"'),
)


def test_a_suite_that_was_changed_since_is_none_that_was_asked(sandbox: Sandbox, tmp_path: Path) -> None:
    path = write_suite(tmp_path, "judged")
    short = ("--model", "scripted", "--budget-calls", "5", "--run-id", "one")
    assert sandbox("evaluate", "--suite", path, *short).code == 4
    for name, before, after in CHANGES:
        kept = tmp_path / "runs" / "one" / "suites" / name
        whole = kept.read_text("utf-8")
        assert before in whole
        kept.write_text(whole.replace(before, after), "utf-8")
        for words in (("evaluate", "--resume", "one"), ("evaluate", "--replay", "one"), ("inspect", "one")):
            done = sandbox(*words)
            assert (done.code, "'my-judged' is not the one that was asked" in done.err) == (1, True), (after, done.err)
        kept.write_text(whole, "utf-8")
    assert sandbox("evaluate", "--resume", "one", "--budget-calls", "50").code == 0


def test_a_manifest_that_names_a_suite_twice_pays_nothing_twice(sandbox: Sandbox, tmp_path: Path) -> None:
    path = write_suite(tmp_path, "choice")
    sandbox("evaluate", "--suite", path, "--model", "scripted", "--run-id", "one")
    manifest = tmp_path / "runs" / "one" / "manifest.json"
    document = json.loads(manifest.read_bytes())
    manifest.write_text(json.dumps(document | {"suites": document["suites"] * 2}), "utf-8")
    done = sandbox("evaluate", "--resume", "one")
    assert (done.code, "suites is not what belongs there" in done.err) == (1, True), done.err


def test_what_lies_in_the_place_of_a_journal_or_of_suites_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    path = write_suite(tmp_path, "choice")
    sandbox("evaluate", "--suite", path, "--model", "scripted", "--run-id", "one", "--budget-calls", "3")
    journal = tmp_path / "runs" / "one" / "calls.jsonl"
    journal.rename(tmp_path / "calls.jsonl")
    journal.symlink_to(tmp_path / "calls.jsonl")
    suites = tmp_path / "runs" / "one" / "suites"
    suites.rename(tmp_path / "suites")
    suites.symlink_to(tmp_path / "suites")
    refused = sandbox("evaluate", "--resume", "one", "--budget-calls", "9")
    assert (refused.code, "one/suites: it is no folder, but a link" in refused.err) == (1, True), refused.err
    suites.unlink()
    (tmp_path / "suites").rename(suites)
    done = sandbox("evaluate", "--resume", "one", "--budget-calls", "9")
    assert (done.code, "calls.jsonl: it is a link where a regular file belongs." in done.err) == (1, True), done.err


def test_a_journal_line_without_a_reply_and_without_an_error_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    path = write_suite(tmp_path, "choice")
    sandbox("evaluate", "--suite", path, "--model", "scripted", "--run-id", "one", "--budget-calls", "3")
    journal = tmp_path / "runs" / "one" / "calls.jsonl"
    first, *rest = lines(journal)
    journal.write_text("".join(f"{json.dumps(line)}\n" for line in (first | {"reply": None}, *rest)), "utf-8")
    for words in (("--resume", "one", "--budget-calls", "9"), ("--replay", "one")):
        done = sandbox("evaluate", *words)
        assert (done.code, "calls.jsonl:1: it is not what belongs there" in done.err) == (1, True), done.err
