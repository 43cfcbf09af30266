"""Evaluations as the files of other harnesses, and what those files hold read back: missing stays missing."""

import json
import math
import zipfile
from pathlib import Path
from typing import Any

import pytest
from asked_suites import write_suite
from conftest import Sandbox
from evaluated import answer, judged, suite
from example_evaluations import CAPITALS, HOSTILE, MANNERS, evaluation
from fake_endpoint import Behaviour, serve
from tables import table

from sandbox.errors import SandboxError, UsageError
from sandbox.exchange.inspect_log import export_inspect
from sandbox.exchange.lm_eval import export_lm_eval
from sandbox.exchange.stored import as_answers, as_suites, read_stored
from sandbox.runs.directory import create
from sandbox.runs.evaluation.directory import EvaluationDirectory
from sandbox.runs.evaluation.manifest import SuiteUsed
from sandbox.runs.evaluation.reading import Evaluation, read_evaluation
from sandbox.runs.evaluation.records import Answer
from sandbox.suites.digest import digest_of
from sandbox.suites.suite import Item, Judge

EXPORTS = (export_lm_eval, export_inspect)


@pytest.fixture
def looked_at(tmp_path: Path) -> Evaluation:
    return read_evaluation(evaluation(tmp_path / "runs", suites=(CAPITALS, MANNERS)))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def members(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as log:
        return {name: json.loads(log.read(name)) for name in log.namelist()}


def test_lm_eval_gets_null_for_what_is_missing_and_never_a_wrong_answer(looked_at: Evaluation, tmp_path: Path) -> None:
    results, capitals, manners = export_lm_eval(looked_at, tmp_path / "out")
    # Item 3 is wrong, of item 4 nothing can be read; of manners three ratings are missing.
    assert [line["accuracy_of_answered"] for line in lines(capitals)] == [1, 1, 1, 0, None, 1]
    assert [line["filtered_resps"] for line in lines(capitals)][3:5] == [["B"], ["[invalid]"]]
    assert [line["rating"] for line in lines(manners)] == [3, 4, None, None, 7, None]
    told = json.loads(results.read_text("utf-8"))
    assert told["results"]["capitals"]["accuracy_of_answered,none"] == 0.8
    assert told["results"]["capitals"]["sample_count"] == {"accuracy_of_answered,none": 5, "accuracy_of_all,none": 5}
    assert {name: each["missing,none"] for name, each in told["results"].items()} == {"capitals": 1, "manners": 3}


def test_inspect_gets_what_is_missing_unscored_and_what_failed_as_an_error(
    looked_at: Evaluation, tmp_path: Path
) -> None:
    capitals, manners = map(members, export_inspect(looked_at, tmp_path / "out"))
    scores = [capitals[f"samples/c{number}_epoch_1.json"]["scores"]["accuracy of answered"] for number in range(6)]
    assert [score["value"] for score in scores[:4]] == [1, 1, 1, 0]
    assert math.isnan(scores[4]["value"])
    assert scores[4]["reason"] == "invalid_response_format"
    assert capitals["header.json"]["results"]["scores"][0]["unscored_samples"] == 1
    failed = manners["samples/m5_epoch_1.json"]
    assert "server_error" in failed["error"]["message"]
    assert failed["output"]["choices"] == []
    assert manners["samples/m2_epoch_1.json"]["scores"]["rating"]["reason"] == "grader_failed"
    assert len(manners["summaries.json"]) == 6


@pytest.mark.parametrize("export", EXPORTS)
def test_what_is_exported_is_read_back_as_it_was(looked_at: Evaluation, tmp_path: Path, export: Any) -> None:
    files = [path for path in export(looked_at, tmp_path / "out") if not path.name.startswith("results")]
    found = [answer for path in files for answer in as_answers(read_stored(path))]
    before = list(looked_at.answers())
    kept = ("suite", "item", "category", "sample", "messages", "text", "finish")
    assert [[getattr(each, name) for name in kept] for each in found] == [
        [getattr(each, name) for name in kept] for each in before
    ]
    assert [each.missing for each in found if each.text is None] == ["failed"]
    assert HOSTILE in [each.text for each in found]


@pytest.mark.parametrize("export", EXPORTS)
def test_the_same_records_give_the_same_bytes_and_nothing_is_overwritten(
    looked_at: Evaluation, tmp_path: Path, export: Any
) -> None:
    first, second = (export(looked_at, tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert not [path for path in first if str(tmp_path).encode() in path.read_bytes()]
    times = {info.date_time for path in first if path.suffix == ".eval" for info in zipfile.ZipFile(path).infolist()}
    assert times <= {(1980, 1, 1, 0, 0, 0)}
    with pytest.raises(UsageError, match="nothing is ever overwritten"):
        export(looked_at, tmp_path / "a")


@table("created", ("../../out", "/tmp/out", "2026-13-01T10:00:00Z", "2026-11-20T10:00:00Z\n", "yesterday"))
def test_a_time_that_is_none_becomes_no_name_of_a_file(created: str, tmp_path: Path) -> None:
    folder = evaluation(tmp_path / "runs", suites=(CAPITALS,))
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace("2026-11-20T10:00:00Z", json.dumps(created)[1:-1]))
    with pytest.raises(SandboxError, match=r"manifest.json: .*created is not"):
        read_evaluation(folder)


def test_a_suite_of_stored_answers_asks_what_was_asked(looked_at: Evaluation, tmp_path: Path) -> None:
    _, capitals, _ = export_lm_eval(looked_at, tmp_path / "out")
    [suite] = as_suites(read_stored(capitals))
    assert (suite.name, suite.kind, suite.sampling.samples) == ("capitals", "judged", 1)
    assert suite.judge
    assert suite.items[0].reference == "B) North"
    assert [item.messages[-1].content for item in suite.items] == [item.question for item in CAPITALS.items]


@pytest.mark.parametrize("export", EXPORTS)
def test_two_texts_that_were_compared_both_stand_there(tmp_path: Path, export: Any) -> None:
    judge = Judge(template="", pairs=True)
    item = Item(id="a", question="Who comes first?", given=("The guest.", "I do."))
    pairs = suite("judged", "preference", [item], judge=judge)
    pairs = pairs.model_copy(update={"digest": digest_of(pairs)})
    with create(tmp_path / "runs", "one", EvaluationDirectory) as new:
        folder = evaluation(tmp_path / "of", suites=())
        manifest = read_evaluation(folder).manifest
        used = SuiteUsed(name=pairs.name, digest=pairs.digest, items=1, licence="", dropped={})
        new.draft.keep([pairs])
        new.draft.answers.write_text(Answer(**answer(item) | {"text": None}).model_dump_json() + "\n")
        ratings = [judged(item, 1, position=position).model_dump_json() for position in (0, 1)]
        new.draft.judgements.write_text("\n".join([*ratings, ""]))
        new.draft.write_manifest(manifest.model_copy(update={"suites": (used,)}))
        found = read_evaluation(new.publish().path)
    *_, file = export(found, tmp_path / "out")
    told = str(members(file) if file.suffix == ".eval" else lines(file))
    assert "The guest." in told
    assert "I do." in told
    assert "'win rate': {'value': 1" in told or "'win_rate': 1" in told


@pytest.mark.parametrize("harness", ["lm-eval", "inspect"])
def test_answers_in_files_are_judged_here_and_nobody_else_is_asked(
    sandbox: Sandbox, tmp_path: Path, harness: str
) -> None:
    path = write_suite(tmp_path, "judged")
    assert sandbox("evaluate", "--suite", path, "--model", "scripted", "--run-id", "one").code == 0
    done = sandbox("evaluate", "--export", harness, "--out", "files", "one", "--json")
    [file] = [name for name in json.loads(done.out)["files"] if "my-judged" in name]
    with serve(Behaviour(models=("judge",))) as server:
        words = ("--import", file, "--judge", "judge", "--base-url", server.base_url, "--run-id", "two")
        done = sandbox("evaluate", *words)
        assert done.code == 0, done.err
        assert {body["model"] for body in server.requests} == {"judge"}
        made = json.loads((tmp_path / "runs" / "two" / "manifest.json").read_text())["totals"]["calls"]
        assert made == 8
    one, two = (lines(tmp_path / "runs" / name / "answers.jsonl") for name in ("one", "two"))
    assert two == one
    assert sandbox("evaluate", "--replay", "two").code == 0
