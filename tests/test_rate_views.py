"""Ratings as others see them: listed beside runs, opened by `inspect`, in the place of a run's own scores."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import log, mixed_run, scripted_run
from fake_endpoint import Behaviour, serve
from rated import document, scores, write_dimensions

from sandbox.errors import SandboxError, UsageError
from sandbox.runs.rating.given import with_scores
from sandbox.runs.rating.reading import open_rating, ratings_of
from sandbox.runs.reading import read_run


def test_ratings_are_listed_beside_runs_and_opened_beside_their_scores(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    assert sandbox("rate", "one", "--texts", 20).code == 0
    rows = json.loads(sandbox("inspect", "--json").out)
    assert [(each["run_id"], each["kind"]) for each in rows] == [("one", "simulation"), ("one.scripted", "rating")]
    assert rows[1]["interactions_done"] == rows[1]["totals"]["planned"]
    assert "one.scripted" in sandbox("inspect").out
    (row,) = csv.DictReader(sandbox("inspect", "--csv", "--table", "ratings").out.splitlines())
    assert (row["rating"], row["texts"], row["missing"]) == ("one.scripted", "20", "0")
    found = json.loads(sandbox("inspect", "one.scripted", "--json").out)
    by = {(each["text"], each["dimension"]): each for each in found["scores"]}
    lines = {line["id"]: line["scores"] for line in scores(tmp_path / "runs" / "one.scripted")}
    pairs = [
        (line["scores"]["draft"]["alignment"]["rating"], given["rating"])
        for line in log(run)
        if line["id"] in lines and (given := lines[line["id"]]["draft"]["alignment"])
    ]
    table = by["draft", "alignment"]
    assert table["n"] == table["n_of_run"] == len(pairs)
    assert table["mean_of_run"] == pytest.approx(sum(mine for mine, _ in pairs) / len(pairs))
    assert table["mean"] == pytest.approx(sum(given for _, given in pairs) / len(pairs))
    refused = sandbox("inspect", "one", "one.scripted")
    assert (refused.code, "name it alone" in refused.err) == (2, True)
    shutil.rmtree(run)
    alone = sandbox("inspect", "one.scripted")
    assert (alone.code, "run one is not beside it" in alone.out) == (0, True), alone.err


def test_scores_of_a_rating_stand_in_the_place_of_a_runs_own(sandbox: Sandbox, tmp_path: Path) -> None:
    run = read_run(mixed_run(sandbox, tmp_path))
    with serve(Behaviour(faults={"prose": 0.5})) as server:
        words = ("--observer-model", "fake", "--base-url", server.base_url, "--max-missing", 1)
        assert sandbox("rate", "mixed", *words, "--texts", 30).code == 0
    rating = open_rating(run, "fake")
    assert [each.name for each in ratings_of(run)] == ["fake"]
    lines = {line["id"]: line["scores"] for line in scores(rating.directory.path)}
    found = list(with_scores(run, rating).interactions())
    assert [each.id for each in found] == [each.id for each in run.interactions()]
    nothing = dict.fromkeys(("alignment", "engagement"))
    for each in found:
        wanted = lines.get(each.id, {"draft": nothing, "revision": nothing})
        assert each.scores.model_dump() == wanted
    path = rating.directory.scores
    path.write_text("".join(f"{json.dumps(json.loads(line))}\n" for line in path.read_text().splitlines()))
    assert list(with_scores(run, open_rating(run, "fake")).interactions()) == found, "blanks of another writer"
    given = [score for text in lines.values() for of in text.values() for score in of.values() if score]
    assert {score["missing"] for score in given} == {None, "unparsable"}


def test_a_rating_that_is_none_of_a_runs_is_told_by_those_there_are(sandbox: Sandbox, tmp_path: Path) -> None:
    run = read_run(scripted_run(sandbox, tmp_path))
    scripted_run(sandbox, tmp_path, "one.b")
    with pytest.raises(UsageError, match="Make one: sandbox rate"):
        open_rating(run, "x")
    path = write_dimensions(tmp_path, '[[dimension]]\nname = "speed"\nprompt = "speed.jinja"\n')
    assert sandbox("rate", "one", "--dimensions", path, "--name", "speed").code == 0
    assert sandbox("rate", "one.b", "--texts", 1, "--name", "c").code == 0
    with pytest.raises(UsageError, match=r"Did you mean 'speed'\?\nThere are: speed\."):
        open_rating(run, "sped")
    with pytest.raises(UsageError, match="from 1 to 7, and it is of speed 1-7"):
        with_scores(run, open_rating(run, "speed"))


def test_again_rates_texts_once_more_before_the_analysis(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    nowhere = sandbox("analyze", "observer", "one", "--again", 12, "--plot", "-o", "drawn.pdf")
    assert (nowhere.code, "12 texts" in nowhere.err) == (2, False), "nothing is paid for what cannot be written"
    done = sandbox("analyze", "observer", "one", "--again", 12, "--json")
    assert done.code == 0, done.err
    assert "12 texts of run one: 24 calls to scripted." in done.err
    assert document(tmp_path / "runs" / "one.again")["totals"]["calls"] == 24
    assert json.loads(done.out)
    again = sandbox("analyze", "observer", "one", "--again", 12, "--json")
    assert (again.code, again.out) == (0, done.out), "nothing is asked twice"
    other = sandbox("analyze", "observer", "one", "--again", 13)
    assert (other.code, "12 texts of run one were rated again already" in other.err) == (2, True)
    page = sandbox("inspect", "one.again", "--html", "page.html")
    assert (page.code, "which has one table" in page.err, "--scores NAME" in page.err) == (2, True, True)


def test_scores_of_another_run_and_damaged_ones_are_refused_by_file_and_line(sandbox: Sandbox, tmp_path: Path) -> None:
    folder = scripted_run(sandbox, tmp_path)
    assert sandbox("rate", "one").code == 0
    run = read_run(folder)
    log_file, scores_file = folder / "interactions.jsonl", tmp_path / "runs" / "one.scripted" / "scores.jsonl"
    whole, scored = log_file.read_bytes(), scores_file.read_bytes()
    log_file.write_bytes(whole.replace(b'"draft":"', b'"draft":"Well. ', 1))
    with pytest.raises(SandboxError, match="its first 18 lines are not those that"):
        with_scores(run, open_rating(run, "scripted"))
    log_file.write_bytes(whole)
    first, second, *_ = scored.splitlines(keepends=True)
    for damaged, sentence in (
        (first.replace(b'"rating":', b'"rating":7', 1), ":1: scores: not on the dimensions"),
        (first.replace(b'"alignment"', b'"kindness"', 1), ":1: scores: not on the dimensions"),
        (first.replace(b'"missing":null', b'"missing":"refused"', 1), ":1: scores.draft.alignment"),
        (second + first, ":2: it stands out of order"),
        (first.replace(b"r000-a000", b"r000-a007"), ":1: it stands out of order"),
    ):
        scores_file.write_bytes(damaged)
        done = sandbox("inspect", "one.scripted")
        assert (done.code, f"scores.jsonl{sentence}" in done.err) == (1, True), done.err
        if "order" not in sentence:
            shown = sandbox("inspect", "one", "--scores", "scripted", "--interaction", "r000-a000")
            assert (shown.code, f"scores.jsonl{sentence}" in shown.err) == (1, True), shown.err
    scores_file.write_bytes(scored)
    manifest = tmp_path / "runs" / "one.scripted" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"run": "one"', '"run": "../one"'))
    done = sandbox("inspect", "one.scripted")
    assert (done.code, "manifest.json: not a manifest of schema 1: rated.run" in done.err) == (1, True), done.err


def test_one_that_was_killed_is_counted_by_its_files(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    assert sandbox("rate", "one", "--budget-calls", 10).code == 4
    file = tmp_path / "runs" / "one.scripted" / "manifest.json"
    told = json.loads(file.read_text())
    told["totals"]["calls"] = told["totals"]["complete"] = 0
    file.write_text(json.dumps(told | {"status": "running", "stopped_by": None}))
    (row,) = csv.DictReader(sandbox("inspect", "--csv", "--table", "ratings").out.splitlines())
    assert (row["status"], row["interactions_done"]) == ("interrupted", "2")
    shown = sandbox("inspect", "one.scripted").out
    assert "= 2 complete + 0 failed + 16 not reached" in shown
    assert "10 calls" in shown
    assert "Go on with it: sandbox rate --resume runs/one.scripted" in shown
    file.write_text(json.dumps(told | {"created": "yesterday"}))
    assert "created: 'yesterday' is no time" in sandbox("inspect").err
