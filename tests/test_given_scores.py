"""`--scores NAME`: every table, story and row has the ratings that its file says, and says whose they are."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from analysed import studied_run
from conftest import Sandbox
from example_runs import scripted_run
from example_studies import changed

from sandbox.figures.frame import read_frame
from sandbox.runs.rating.given import with_scores
from sandbox.runs.rating.reading import open_rating
from sandbox.runs.reading import Run, read_run

PLACES = [(text, dimension) for text in ("draft", "revision") for dimension in ("alignment", "engagement")]


@pytest.fixture
def one(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A run with a rating of all its texts, and one of some."""
    run = studied_run(sandbox, tmp_path)
    for name, words in (("again", ()), ("some", ("--texts", 20))):
        kept, folder = tmp_path.parent / f".rated-{name}", run.with_name(f"one.{name}")
        if not kept.exists():
            done = sandbox("rate", "one", "--observer-model", "scripted", "--name", name, *words)
            assert done.code == 0, done.err
            shutil.copytree(folder, kept)
        elif not folder.exists():
            shutil.copytree(kept, folder)
    return run


def given(one: Path, name: str) -> dict[str, dict[tuple[str, str], int]]:
    """What the file of the rating says, by id of interaction; what it does not say is not there."""
    found: dict[str, dict[tuple[str, str], int]] = {}
    for line in (one.with_name(f"one.{name}") / "scores.jsonl").read_text().splitlines():
        scores = json.loads(line)["scores"]
        own = {(text, dimension): scores[text].get(dimension) for text, dimension in PLACES}
        found[json.loads(line)["id"]] = {place: score["rating"] for place, score in own.items() if score}
    return found


def given_run(one: Path, name: str) -> Run:
    run = read_run(one)
    return with_scores(run, open_rating(run, name))


def of_records(one: Path, name: str) -> Iterator[tuple[str, dict[tuple[str, str], int]]]:
    for item in given_run(one, name).interactions():
        own = {(text, dimension): item.rating(text, dimension) for text, dimension in PLACES}  # type: ignore[arg-type]
        yield item.id, {place: rating for place, rating in own.items() if rating is not None}


@pytest.mark.parametrize("name", ["again", "some"])
def test_records_columns_and_sums_of_rounds_are_those_of_the_file(one: Path, name: str) -> None:
    wanted, read = given(one, name), dict(of_records(one, name))
    assert {key: own for key, own in read.items() if own} == {key: own for key, own in wanted.items() if own}
    assert len(wanted) == (27 if name == "again" else len(wanted)) <= len(read) == 27
    frame = read_frame(given_run(one, name))
    for text, dimension in PLACES:
        column = frame.ratings[text, dimension]  # type: ignore[index]
        wanted_column = [own.get((text, dimension), np.nan) for own in read.values()]
        np.testing.assert_array_equal(column, wanted_column)
    for summary in given_run(one, name).rounds():
        own = [own for key, own in read.items() if key.startswith(f"r{summary.round:03d}")]
        drafts = [each["draft", "alignment"] for each in own if ("draft", "alignment") in each]
        assert summary.scores.draft.alignment.count == len(drafts)
        assert summary.scores.draft.alignment.mean == (pytest.approx(mean(drafts)) if drafts else None)


@pytest.mark.slow
def test_views_say_whose_scores_they_are(one: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    note = "scores are those of the rating again, by scripted"
    assert sandbox("inspect", "one", "--scores", "again").out.startswith(note)
    assert note not in sandbox("inspect", "one").out
    story = sandbox("inspect", "one", "--scores", "again", "--interaction", "r000-a000").out
    rating = given(one, "again")["r000-a000"]["draft", "alignment"]
    assert story.startswith(note)
    assert f"Observer on the alignment of the draft: {rating} of 7" in story
    listed = sandbox("inspect", "one", "--scores", "again", "--interactions", "--csv").out
    assert listed.splitlines()[1].split(",")[5] == str(rating)
    told = json.loads(sandbox("inspect", "one", "--scores", "again", "--json").out)
    assert told["scores"] == note
    found = json.loads(sandbox("analyze", "pareto", "one", "--scores", "again", "--json").out)
    assert found["runs"] == [{"condition": "one (scores: again)", "run": "one"}]
    assert all(each.endswith(note) for each in found["notes"].values())
    assert len(found["notes"]) == len(found["tables"])
    assert sandbox("inspect", "one", "--scores", "again", "--html", "report.html").code == 0
    assert note in (tmp_path / "report.html").read_text()


def test_pareto_and_observer_go_by_them(one: Path, sandbox: Sandbox) -> None:
    last = [own["revision", "alignment"] for key, own in given(one, "again").items() if key.startswith("r002")]
    found = json.loads(sandbox("analyze", "pareto", "one", "--scores", "again", "--json").out)
    assert found["tables"]["Pareto front"][0]["revision_alignment"]["mean"] == pytest.approx(mean(last))
    found = json.loads(sandbox("analyze", "observer", "one", "--scores", "again", "--json").out)
    raters = {row["rater"] for row in found["tables"]["ratings"]}
    assert "again" not in raters  # it stands for the observer
    assert "some" in raters


def test_an_export_has_them_and_says_so(one: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    done = sandbox("export", "one", "--scores", "again", "--format", "parquet", "-o", "set")
    assert done.code == 0, done.err
    rows = [row for path in (tmp_path / "set").rglob("*.parquet") for row in pq.read_table(path).to_pylist()]
    ratings = sorted(value for row in rows for value in _ratings(row))
    assert ratings == sorted(value for own in given(one, "again").values() for value in own.values())
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_text())
    assert manifest["runs"][0]["scores"]["rating"] == "again"
    assert "sandbox export one --scores again" in (tmp_path / "set" / "README.md").read_text()
    assert sandbox("export", "one", "--format", "parquet", "-o", "own").code == 0
    assert "scores" not in json.loads((tmp_path / "own" / "manifest.json").read_text())["runs"][0]


def _ratings(row: dict[str, Any]) -> Iterator[int]:
    names = [f"{text}_{dimension}" for text, dimension in PLACES]
    yield from (row[name] for name in names if row[name] is not None)


def test_a_rating_that_is_not_there_or_of_other_texts_is_refused(one: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    def refused(*words: object, code: int = 2) -> str:
        done = sandbox(*words)
        assert done.code == code
        return done.err

    told = refused("inspect", "one", "--scores", "agian")
    assert "one has no rating called agian. Did you mean 'again'?" in told
    for name in ("../one", "a/b", "x\ny"):
        assert f"one has no rating called {name}.".replace("\n", "\\n") in refused("inspect", "one", "--scores", name)
    scripted_run(sandbox, tmp_path, "plain")
    assert "Make one: sandbox rate runs/plain" in refused("analyze", "pareto", "plain", "--scores", "again")
    assert "--browse shows the scores of the run itself" in refused("inspect", "one", "--scores", "again", "--browse")
    assert "--scores asks about a run" in refused("inspect", "--scores", "again")
    assert sandbox("rate", "one", "--observer-model", "scripted", "--dimensions", "correctness").code == 0
    told = refused("inspect", "one", "--scores", "scripted")
    assert "wanted are alignment or engagement from 1 to 7, and it is of correctness 0-1" in told
    log = one / "interactions.jsonl"
    log.write_text(log.read_text().replace('"draft":"', '"draft":"Well. ', 1))
    assert "are not those that one.again rated" in refused("inspect", "one", "--scores", "again", code=1)


def test_a_rating_that_is_not_whole_is_told(one: Path, sandbox: Sandbox) -> None:
    changed(one.with_name("one.some") / "manifest.json", lambda manifest: manifest.update(status="stopped"))
    done = sandbox("inspect", "one", "--scores", "some")
    assert done.code == 0
    assert "one.some is stopped: what it holds by now stands here." in done.err
    path = one.with_name("one.again") / "scores.jsonl"
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:5]))
    lost = "one.again/scores.jsonl:6: the rating is complete, and line 6 of 27 is not there."
    for words in (("inspect", "one.again"), ("inspect", "one", "--scores", "again"), ("analyze", "observer", "one")):
        done = sandbox(*words)
        assert (done.code, lost in done.err) == (0, True), done.err
    assert sandbox("rate", "--resume", "one.again").code == 0
    assert path.read_bytes() == whole


@pytest.mark.parametrize("words", [("--table", "alignment by round"), ("--interaction", "r000-a000"), ("--json",)])
@pytest.mark.parametrize("damage", [("{", "-"), ('"rating":', '"rating":9'), ('"round":0', '"round":1')])
def test_damaged_scores_are_named_by_line(
    one: Path, sandbox: Sandbox, words: tuple[str, ...], damage: tuple[str, str]
) -> None:
    path = one.with_name("one.again") / "scores.jsonl"
    path.write_text(path.read_text().replace(*damage, 1))
    done = sandbox("inspect", "one", "--scores", "again", *words)
    assert (done.code, "scores.jsonl:" in done.err) == (1, True), done.err


def test_which_of_two_lines_counts_no_reader_decides(one: Path, sandbox: Sandbox) -> None:
    path = one.with_name("one.again") / "scores.jsonl"
    first, second, *rest = path.read_text().splitlines(keepends=True)
    stranger = first.replace('"agent":0', '"agent":9').replace("a000", "a009")
    for damaged in ([first, second, first, *rest], [second, first, *rest], [first, second, *rest, first], [stranger]):
        path.write_text("".join(damaged))
        for words in (
            ("analyze", "pareto", "one"),
            ("analyze", "representation", "one"),
            ("analyze", "observer", "one"),
            ("export", "one", "--format", "dpo", "--out", "out"),
            ("inspect", "one", "--interaction", "r001-a001"),
        ):
            done = sandbox(*words, "--scores", "again")
            refused = "it stands out of order" in done.err or "cannot be read as columns" in done.err
            assert (done.code, refused) == (1, True), (words, done.err)
