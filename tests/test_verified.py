"""What a run knows to be verified is not derived anew; whatever was changed since then is found as ever."""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import Finished, Sandbox
from example_runs import SMALL, TINY, manifest
from fake_endpoint import Behaviour, serve

import sandbox as package
from sandbox.calls.known import KnownCalls
from sandbox.errors import SandboxError
from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import read_lines
from sandbox.runs.records import CallKey, JournalLine
from sandbox.simulation import deriving
from sandbox.simulation.deriving import code_digest
from sandbox.society.society import Society
from sandbox.society.tally import journal_of

SOCIETY = (*SMALL, "--radius", 2, "--threshold", 0.2)
FILE = ".verified.json"
BUDGET = 4
LOGS = ("calls.jsonl", "interactions.jsonl", "rounds.jsonl")


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The rounds of which something was asked anew by what runs in this process."""
    rounds: set[int] = set()
    request = Society.request

    def seen(self: Society, key: CallKey) -> Any:
        rounds.add(key.round)
        return request(self, key)

    monkeypatch.setattr(Society, "request", seen)
    return rounds


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path, rendered: set[int]) -> Path:
    """A run of three rounds, where it was made: a copy has no mark."""
    assert sandbox("simulate", *SOCIETY, "--rounds", 3, "--run-id", "one").code == 0
    rendered.clear()
    return tmp_path / "runs" / "one"


def longer(sandbox: Sandbox, rendered: set[int]) -> Finished:
    """Take the run up for a fourth round."""
    rendered.clear()
    return sandbox("simulate", "--resume", "one", "--rounds", 4)


def contents(run: Path) -> dict[str, bytes]:
    """What must not depend on whether a run was taken up, by file."""
    return {path.name: path.read_bytes() for path in (*run.glob("[ir]*.jsonl"), *run.glob("memory/*"))}


def test_more_rounds_derive_nothing_that_is_verified(sandbox: Sandbox, run: Path, rendered: set[int]) -> None:
    assert longer(sandbox, rendered).code == 0
    assert rendered == {3}
    assert sandbox("simulate", *SOCIETY, "--rounds", 4, "--run-id", "whole").code == 0
    assert contents(run) == contents(run.with_name("whole"))
    totals, wanted = (manifest(each)["totals"] for each in (run, run.with_name("whole")))
    assert totals | {"wall_seconds": 0} == wanted | {"wall_seconds": 0}
    assert sandbox("simulate", "--replay", "one").code == 0


@pytest.fixture
def stopped(sandbox: Sandbox, tmp_path: Path, rendered: set[int]) -> Path:
    """One that its budget stopped in the second round, when calls of it stood among those of the first."""
    done = sandbox("simulate", *SOCIETY, "--rounds", 3, "--run-id", "stopped", "--budget-calls", 155)
    assert done.code == BUDGET, done.err
    rendered.clear()
    return tmp_path / "runs" / "stopped"


@pytest.mark.slow
def test_cut_behind_what_is_verified_a_run_ends_with_the_same_bytes(
    sandbox: Sandbox, run: Path, stopped: Path, rendered: set[int]
) -> None:
    verified = json.loads((stopped / FILE).read_text())
    end = (stopped / "calls.jsonl").stat().st_size
    assert (verified["rounds"], verified["journal"]["bytes"]) == (1, end)
    for part in (1, 2, 3):
        done = sandbox("simulate", "--resume", "stopped", "--budget-calls", 155 + 50 * part)
        assert done.code == (BUDGET if part < 3 else 0), done.err
        with (stopped / "calls.jsonl").open("rb+") as journal:  # as a kill leaves it
            journal.truncate(end + part * 1111)
        (stopped / FILE).write_text(json.dumps(verified))
    text = (stopped / "manifest.json").read_text()
    (stopped / "manifest.json").write_text(text.replace('"status": "complete"', '"status": "running"'))
    assert sandbox("simulate", "--resume", "stopped").code == 0
    assert rendered == {1, 2}
    assert contents(stopped) == contents(run)


def edited(file: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    """Replace the first of `old` in a file."""

    def apply(run: Path) -> None:
        content = (run / file).read_bytes()
        assert old in content
        (run / file).write_bytes(content.replace(old, new, 1))

    return apply


def twice(run: Path) -> None:
    """Its first journal line stands at the end again."""
    lines = (run / "calls.jsonl").read_bytes().splitlines(keepends=True)
    (run / "calls.jsonl").write_bytes(b"".join([*lines, lines[0]]))


CHANGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a reply": (edited("calls.jsonl", b'"text":"', b'"text":"Else. '), "calls.jsonl:10: r000-a000 feedback"),
    "a request": (edited("calls.jsonl", b'"request":"', b'"request":"0'), "calls.jsonl:1: r000-a000 draft (ask 0) was"),
    "a place": (edited("calls.jsonl", b'"agent":0', b'"agent":77'), "calls.jsonl:1: r000-a077"),
    "a draft in the log": (edited("interactions.jsonl", b'"draft":"', b'"draft":"Else. '), "interactions.jsonl:1 is"),
    "a sum": (edited("rounds.jsonl", b'"missing":0', b'"missing":1'), "rounds.jsonl:1 is not what"),
    "a line twice": (twice, "r000-a000 draft (ask 0) stands there twice"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_is_named(sandbox: Sandbox, run: Path, rendered: set[int], name: str) -> None:
    change, message = CHANGES[name]
    change(run)
    before = [(run / log).read_bytes() for log in LOGS]
    done = longer(sandbox, rendered)
    assert done.code == 1
    assert message in done.err
    assert [(run / log).read_bytes() for log in LOGS] == before


@pytest.mark.slow
def test_what_is_not_known_for_sure_is_derived(
    sandbox: Sandbox, stopped: Path, rendered: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = stopped.with_name("kept")
    shutil.copytree(stopped, kept)

    def again(change: Callable[[], object]) -> set[int]:
        shutil.rmtree(stopped)
        shutil.copytree(kept, stopped)
        change()
        rendered.clear()
        assert sandbox("simulate", "--resume", "stopped", "--budget-calls", 200).code == BUDGET
        return set(rendered)

    file, vectors = stopped / FILE, stopped / "memory" / "questions.npy"
    text, numbers = json.loads(file.read_text()), vectors.read_bytes()
    assert 0 not in again(lambda: None)
    assert 0 in again(file.unlink)
    for document in ("{", "", "[]", "[" * 4000, "0" * 5000, {"rounds": 10**40}, {"rounds": 2}, {"mark": None}):
        said = json.dumps(text | document) if isinstance(document, dict) else document
        assert 0 in again(partial(file.write_text, said)), document
    assert 0 in again(lambda: (file.unlink(), file.mkdir())), "which cannot be replaced either"
    assert 0 in again(lambda: (file.unlink(), os.mkfifo(file)))
    assert 0 in again(lambda: (file.unlink(), file.symlink_to(kept / FILE)))
    assert 0 in again(lambda: file.write_text(json.dumps(text | {"mark": "0" * 64}))), "nobody's word"
    assert 0 in again(lambda: vectors.write_bytes(numbers[:-4] + bytes([numbers[-4] ^ 1]) + numbers[-3:]))
    monkeypatch.setattr(package, "__version__", "0.0.1")
    code_digest.cache_clear()
    assert 0 in again(lambda: None)
    code_digest.cache_clear()


def test_a_copy_is_derived_once(sandbox: Sandbox, run: Path, rendered: set[int]) -> None:
    shutil.move(run, run.with_name("moved"))
    assert sandbox("simulate", "--resume", "moved", "--rounds", 4).code == 0
    assert rendered == {0, 1, 2, 3}
    rendered.clear()
    assert sandbox("simulate", "--resume", "moved", "--rounds", 5).code == 0
    assert rendered == {4}


@pytest.mark.slow
def test_answers_in_the_place_of_failures_are_no_more_than_derived(
    sandbox: Sandbox, tmp_path: Path, rendered: set[int]
) -> None:
    run = tmp_path / "runs" / "one"
    with serve(Behaviour(script=[None] * 6 + ["400"])) as server:
        words = ("simulate", "--model", "fake", *TINY, "--base-url", server.base_url)
        first = ("--rounds", 3, "--max-failures", 1, "--concurrency", 1, "--run-id", "one")
        assert sandbox(*words, *first).code == 3
        assert (run / FILE).exists()
        assert sandbox("simulate", "--resume", "one", "--retry-failed").code == 0
        assert longer(sandbox, rendered).code == 0
        assert rendered == {0, 1, 2, 3}
        assert sandbox("simulate", "--replay", "one").code == 0
        assert sandbox(*words, "--rounds", 4, "--run-id", "whole").code == 0
    assert contents(run) == contents(run.with_name("whole"))


def test_a_journal_that_is_changed_while_it_is_read_is_named(run: Path) -> None:
    calls = run / "calls.jsonl"
    content = calls.read_bytes()
    first = next(read_lines(calls, JournalLine)).key
    request: Any = None  # which nobody looks at before the line is read
    for changed in (b"", content[:9], b"\0" * len(content), content.split(b"\n", 1)[1], b"[]\n" + content):
        with closing(KnownCalls(journal_of(RunDirectory(run)))) as known:
            calls.write_bytes(changed)
            with pytest.raises(SandboxError, match=r"calls\.jsonl:1: r000-a000 draft .* was changed since then"):
                known.take(first, request)
        calls.write_bytes(content)


def test_code_is_known_by_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(deriving, "DERIVING", ("asking_otherwise",))
    code = tmp_path / "asking_otherwise" / "inner" / "asking.py"
    code.parent.mkdir(parents=True)
    digests = []
    for text in ("1", "2", "1"):
        code.write_text(text)
        code_digest.cache_clear()
        digests.append(code_digest())
    code.with_name(".#asking.py").symlink_to("who@where.1")  # as an editor locks a file that it changes
    code_digest.cache_clear()
    assert digests[0] == digests[2] == code_digest() != digests[1]
    code_digest.cache_clear()


def test_a_run_of_replies_that_do_not_say_what_they_took_is_derived(
    sandbox: Sandbox, tmp_path: Path, rendered: set[int]
) -> None:
    words = ("--questions", "starter", "--embedder", "hash", "--grid", 2, "--neighbours", 2, "--run-id", "one")
    with serve(Behaviour(usage=False)) as server:
        done = sandbox("simulate", *words, "--model", "fake", "--base-url", server.base_url, "--rounds", 3)
        assert done.code == 0, done.err
        assert not (tmp_path / "runs" / "one" / FILE).exists()
        assert longer(sandbox, rendered).code == 0
    assert rendered == {0, 1, 2, 3}
