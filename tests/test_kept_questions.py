"""A run keeps its questions and priors: it goes on, is replayed and grows without the files it was made from."""

import io
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import SMALL, contents, log, manifest, scripted_run
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import table

from sandbox.questions.sets import Pair, Question, QuestionSet, digest, question_id
from sandbox.runs.kept_questions import keep, kept
from sandbox.runs.manifest import Questions

BARE = (*SMALL[:2], "--embedder", "hash", "--grid", 2, "--neighbours", 1, "--run-id", "one")
ROWS = [{"question": f"Is {number} odd?", "considerate": f"It is, {number}.", "inconsiderate": f"No {number}!"}
        for number in range(12)]  # fmt: skip


def write(path: Path, rows: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_run_goes_on_and_is_replayed_without_the_file_of_its_questions(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("Is it so?\nWhy is it?\nWho says it?\n")
    assert sandbox("simulate", *BARE, "--questions", "q.txt", "--labels", "none", "--rounds", 2).code == 0
    (tmp_path / "q.txt").rename(tmp_path / "renamed.txt")
    assert sandbox("simulate", "--replay", "one").code == 0
    assert sandbox("simulate", "--resume", "one").code == 0
    grown = sandbox("simulate", "--resume", "one", "--rounds", 4)
    assert grown.code == 0, grown.err
    assert "3 questions from q.txt." in grown.err
    assert len({item["question"] for item in log(tmp_path / "runs" / "one")}) == 3
    (tmp_path / "q.txt").write_text("Is it something else?\n")
    assert sandbox("simulate", "--resume", "one", "--rounds", 5).code == 0
    assert len({item["question"] for item in log(tmp_path / "runs" / "one")}) == 3


def test_it_is_whole_on_another_machine(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions, priors of another file, templates and prices are all gone there."""
    (tmp_path / "q.txt").write_text("Is it so?\nWhy is it?\nWho says it?\n")
    write(tmp_path / "pairs.jsonl", ROWS)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "rule.jinja").write_text("Be kind.")
    (tmp_path / "prices.toml").write_text('date = "2026-01-01"\n[models]\n')
    words = ("--questions", "q.txt", "--prior", "pairs.jsonl", "--prior-size", 3, "--labels", "half")
    made = sandbox("simulate", *BARE, *words, "--prompts", "own", "--prices", "prices.toml")
    assert made.code == 0, made.err
    shutil.move(tmp_path / "runs" / "one", tmp_path / "there" / "one")
    monkeypatch.chdir(tmp_path / "there")
    for gone in ("q.txt", "pairs.jsonl", "prices.toml"):
        (tmp_path / gone).unlink()
    shutil.rmtree(tmp_path / "own")
    assert sandbox("simulate", "--replay", "one").code == 0
    left = sandbox("simulate", "--resume", "one")
    assert (left.code, "nothing was changed" in left.err) == (0, True), left.err


@pytest.mark.parametrize(
    "words", [("--labels", "none"), ("--labels", "half"), ("--labels", "mixed", "--max-length", 12), ("--prior", "a")]
)
def test_a_longer_run_is_the_same_with_what_was_kept(sandbox: Sandbox, tmp_path: Path, words: tuple[str, ...]) -> None:
    write(tmp_path / "q.jsonl", [*ROWS[:3], {"question": "Alone?"}, *ROWS[2:], {"question": "Is 1 odd?"}])
    shutil.copy(tmp_path / "q.jsonl", tmp_path / "again.jsonl")
    words = tuple(word if word != "a" else "again.jsonl" for word in words)
    made = (*BARE, "--questions", "q.jsonl", "--prior-size", 3, *words)
    assert sandbox("simulate", *made[:-1], made[-1], "--rounds", 2).code == 0
    text = (tmp_path / "runs" / "one" / "questions.jsonl").read_text()
    assert text.count("It is, 3.") == 1, "no text is kept twice"
    (tmp_path / "q.jsonl").rename(tmp_path / "q2.jsonl")
    assert sandbox("simulate", "--resume", "one", "--rounds", 4).code == 0
    (tmp_path / "q2.jsonl").rename(tmp_path / "q.jsonl")
    assert sandbox("simulate", *made, "--rounds", 4, "--run-id", "longer").code == 0
    both = [(tmp_path / "runs" / name / "interactions.jsonl").read_bytes() for name in ("one", "longer")]
    assert both[0] == both[1]


TEXTS = st.lists(st.sampled_from("abcdefgh"), unique=True)


@settings(deadline=None)
@given(questions=TEXTS, pairs=TEXTS, others=TEXTS, prior=st.sampled_from(["none", "same", "other"]))
def test_any_sets_are_kept_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, questions: list[str], pairs: list[str], others: list[str], prior: str
) -> None:
    def made(listed: list[str], paired: list[str]) -> QuestionSet:
        known = [Question(question_id(text), text) for text in listed]
        both = [Pair(Question(question_id(text), text), f"+{text}", f"-{text}") for text in paired]
        return QuestionSet("q", digest(known, both), tuple(known), tuple(both), {"empty": 1}, "somewhere")

    def said(known: QuestionSet) -> Questions:
        return Questions(name="q", sha256=known.sha256, count=len(known.questions), dropped=known.dropped)

    asked = made(questions, pairs)
    source = {"none": None, "same": asked, "other": made(others, questions)}[prior]
    path = tmp_path_factory.mktemp("kept") / "questions.jsonl"
    keep(path, asked, source)

    class Manifest:
        questions = said(asked)
        prior = said(source) if source else None

    found = kept(path, Manifest())  # type: ignore[arg-type]
    assert found is not None
    for before, after in ((asked, found.questions), (source, found.prior)):
        assert (before and (before.questions, before.pairs, before.dropped)) == (
            after and (after.questions, after.pairs, after.dropped)
        )


@table(
    ("damage", "message"),
    [
        (lambda text: text.replace("odd", "even", 1), "not what the run was made with, of which its manifest has the"),
        (lambda text: "".join(text.splitlines(keepends=True)[1:]), "not what the run was made with"),
        (lambda text: text[:-30], "not what the run was made with"),
        (
            lambda text: text.replace('"listed":true', '"listed":1', 1),
            "questions.jsonl:1: listed is neither true nor false",
        ),
        (lambda text: "nonsense\n" + text, "questions.jsonl:1: "),
        (lambda _text: "", "not what the run was made with"),
    ],
)
def test_a_file_that_is_not_what_was_kept_is_named(damaged: Path, sandbox: Sandbox, damage: Any, message: str) -> None:
    file = damaged / "questions.jsonl"
    text = file.read_text()
    file.write_text(damage(text))
    before = contents(damaged)
    for how in ("--replay", "--resume"):
        done = sandbox("simulate", how, "one")
        assert done.code == 1
        told = done.err[done.err.index("Error: ") :]
        assert message in told
        assert len(told.splitlines()) <= 2
    assert contents(damaged) == before
    file.write_text(text)


@pytest.fixture
def damaged(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A run that has questions and pairs of a file, which is gone."""
    file = write(tmp_path / "q.jsonl", ROWS)
    assert sandbox("simulate", *BARE, "--questions", file, "--prior-size", 3).code == 0
    file.unlink()
    return tmp_path / "runs" / "one"


def test_a_run_of_a_version_that_kept_no_questions_goes_on_by_its_source(sandbox: Sandbox, made_run: Path) -> None:
    (made_run / "questions.jsonl").unlink()
    assert sandbox("simulate", "--replay", "one").code == 0
    done = sandbox("simulate", "--resume", "one", "--rounds", 3)
    assert done.code == 0, done.err
    assert "Reading questions from starter." in done.err
    assert not (made_run / "questions.jsonl").exists()


def test_what_was_kept_is_small(made_run: Path) -> None:
    texts = (made_run / "questions.jsonl").read_bytes()
    assert texts.count(b"\n") == manifest(made_run)["questions"]["count"]
    assert len(texts) < 216 * 800


def test_what_was_kept_of_another_run_is_refused(sandbox: Sandbox, damaged: Path, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, "other")
    shutil.copy(tmp_path / "runs" / "other" / "questions.jsonl", damaged / "questions.jsonl")
    assert "not what the run was made with" in sandbox("simulate", "--replay", "one").err


def test_what_was_piped_in_is_kept(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"Is it so?\nWhy is it?\nWho says it?\n")))
    )
    assert sandbox("simulate", *BARE, "--questions", "-", "--labels", "none").code == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b""))))
    assert sandbox("simulate", "--replay", "one").code == 0
    grown = sandbox("simulate", "--resume", "one", "--rounds", 3)
    assert grown.code == 0, grown.err
    assert len(log(tmp_path / "runs" / "one")) == 12
