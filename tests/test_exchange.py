"""Evaluations as the files of other harnesses, and what those files hold read back: missing stays missing."""

import json
import math
import zipfile
from pathlib import Path
from typing import Any

import pytest
from example_evaluations import CAPITALS, HOSTILE, MANNERS, evaluation
from tables import table

from sandbox.errors import SandboxError, UsageError
from sandbox.exchange.inspect_log import export_inspect
from sandbox.exchange.lm_eval import export_lm_eval
from sandbox.exchange.stored import as_answers, as_suites, read_stored
from sandbox.runs.evaluation.reading import Evaluation, read_evaluation

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
    assert told["results"]["capitals"]["sample_count"]["accuracy_of_answered,none"] == 5
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
    kept = ("suite", "item", "sample", "messages", "text", "finish")
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
