"""Streams as services, jobs and odd terminals leave them: closed, full, or of another encoding; machines read UTF-8."""

import csv
import io
import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import COMMAND, ROOT, Sandbox
from example_runs import SMALL, manifest, scripted_run
from tables import table

NEW = ("simulate", *SMALL, "--run-id", "new")
ASKED = {"Ist «das» schön – oder nicht?", "Warum 不?"}
CLOSED = (">&-", "<&-", "2>&-", "<&- >&- 2>&-")


def redirected(folder: Path, words: tuple[str, ...], redirection: str, **variables: str) -> tuple[int, bytes, bytes]:
    """The code, standard output and standard error of the command with its streams as a shell leaves them."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    done = subprocess.run(
        ["bash", "-c", f'exec "$@" {redirection}', "bash", *COMMAND, *words],
        cwd=folder, env=environment, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "redirection", [CLOSED[0], *(pytest.param(each, marks=pytest.mark.slow) for each in CLOSED[1:])]
)
def test_streams_that_are_closed_are_no_fault(sandbox: Sandbox, tmp_path: Path, redirection: str) -> None:
    scripted_run(sandbox, tmp_path, rounds=1)
    for words in (("inspect", "one"), ("inspect", "one", "--json")):
        code, out, err = redirected(tmp_path, words, redirection)
        assert (code, err) == (0, b"")
        assert bool(out) == (">&-" not in redirection.replace("2>&-", ""))


OLD = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize("redirection", [">&-", ">&- 2>&-"])
def test_what_leads_nowhere_takes_every_character(tmp_path: Path, redirection: str) -> None:
    (tmp_path / "q.txt").write_text("\n".join(ASKED), encoding="utf-8")
    assert redirected(tmp_path, ("questions", "show", "--questions", "q.txt"), redirection, **OLD) == (0, b"", b"")


@pytest.mark.slow
def test_nobody_has_to_hear_of_a_run_in_any_language(tmp_path: Path) -> None:
    words = (*NEW, "--runs", "für")
    assert redirected(tmp_path, words, "2>/dev/full", **OLD) == (0, b"", b"")
    code, out, _ = redirected(tmp_path, ("simulate", "--resume", "für/new", "--json"), "", **OLD)
    assert (code, json.loads(out.splitlines()[-1])["path"]) == (0, "für/new")


@pytest.mark.slow
def test_a_table_in_a_pipe_is_utf_8_also_where_colours_are_wanted(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("\n".join(ASKED), encoding="utf-8")
    assert sandbox(*NEW, "--questions", "q.txt", "--labels", "none").code == 0
    words = ("inspect", "new", "--interactions", "--csv")
    plain = redirected(tmp_path, words, "")
    assert redirected(tmp_path, words, "", FORCE_COLOR="1", PYTHONIOENCODING="latin-1") == plain


@pytest.mark.slow
@pytest.mark.parametrize("redirection", ["2>&-", ">&- 2>&-", "2>/dev/full"])
def test_a_run_needs_nobody_who_listens(tmp_path: Path, redirection: str) -> None:
    code, out, err = redirected(tmp_path, NEW, redirection)
    assert (code, out, err) == (0, b"", b"")
    assert manifest(tmp_path / "runs" / "new")["status"] == "complete"


@pytest.mark.slow
def test_no_file_of_a_run_takes_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    """What were written on stream 1 or 2 would stand in the first file that is opened."""
    assert redirected(tmp_path, (*NEW, "--json"), "<&- >&- 2>&-")[0] == 0
    assert redirected(tmp_path, ("simulate", "--replay", "new"), "")[0] == 0


@pytest.mark.slow
def test_a_full_disk_below_what_is_read_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, rounds=1)
    code, _, err = redirected(tmp_path, ("inspect", "one", "--json"), ">/dev/full")
    assert (code, err) == (1, b"Error: The output: No space left on device.\n")


@pytest.mark.slow
def test_a_process_can_begin_without_streams(sandbox: Sandbox, tmp_path: Path) -> None:
    """As `pythonw` begins one."""
    scripted_run(sandbox, tmp_path, rounds=1)
    without = COMMAND[2].replace("import sys;", "import sys; sys.stdin = sys.stdout = sys.stderr = None;")
    words = [COMMAND[0], "-c", without, "simulate", "--replay", "one"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(words, cwd=tmp_path, env=environment, check=False).returncode == 0


@pytest.mark.slow
@table("variables", [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "cp1252"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_what_machines_read_is_utf8_whatever_the_terminal(asked: Path, variables: dict[str, str]) -> None:
    _, out, _ = redirected(asked, ("inspect", "one", "--interactions", "--csv"), "", **variables)
    assert {row["question"] for row in csv.DictReader(io.StringIO(out.decode()))} == ASKED
    _, out, _ = redirected(asked, ("questions", "show", "--questions", "fragen.txt", "--json"), "", **variables)
    assert {item["text"] for item in json.loads(out.decode())["questions"]} == ASKED


@pytest.fixture
def asked(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A folder with a run whose questions no old encoding can hold."""
    (tmp_path / "fragen.txt").write_text("\n".join(ASKED))
    words = ("--questions", "fragen.txt", "--labels", "none", "--run-id", "one")
    assert sandbox("simulate", *SMALL, *words).code == 0
    return tmp_path


def test_a_path_that_is_no_unicode_can_be_told_to_machines(sandbox: Sandbox, tmp_path: Path) -> None:
    done = sandbox(*NEW, "--runs", "runs\udcff", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out.splitlines()[-1])["path"] == "runs\ufffd/new"
