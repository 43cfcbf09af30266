"""Why a row is missing: counts by reason that add up to what was planned, and replies as they came."""

import json
from collections import Counter
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import log, mixed_run


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Path:
    return mixed_run(sandbox, tmp_path)


def test_every_planned_interaction_and_rating_is_accounted_for(sandbox: Sandbox, run: Path) -> None:
    tables, items = json.loads(sandbox("inspect", run, "--why", "--json").out)["tables"], log(run)
    outcomes = tables["interactions"]
    assert sum(row["count"] for row in outcomes) == 27
    failures = Counter(f"{item['failed']['stage']}: {item['failed']['error']}" for item in items if item["failed"])
    assert {row["why"]: row["count"] for row in outcomes if row["outcome"] == "failed"} == failures
    rows = tables["ratings of the interactions in the log"]
    assert [row["asked of"] for row in rows] == [27 * 4, 27, 27, 27, 27]
    reasons = ("unparsable", "out_of_range", "refused", "truncated")
    for row in rows:
        assert row["asked of"] == row["obtained"] + sum(row[reason] for reason in reasons) + row["not obtained"]
    feedback = Counter(each["missing"] for item in items for each in item["feedback"])
    assert {reason: rows[0][reason] for reason in reasons} == {reason: feedback[reason] for reason in reasons}
    assert sum(row[reason] for row in rows for reason in reasons) > 5


def test_examples_show_the_replies_as_they_came(sandbox: Sandbox, run: Path) -> None:
    items = {item["id"]: item for item in log(run)}
    examples = json.loads(sandbox("inspect", run, "--why", "--json").out)["tables"]["examples of missing ratings"]
    assert {example["reason"] for example in examples} >= {"unparsable", "refused"}
    assert max(Counter(example["reason"] for example in examples).values()) <= 3
    for example in examples:
        item = items[example["interaction"]]
        if example["rating"].startswith("feedback"):
            judgement = next(each for each in item["feedback"] if example["rating"].endswith(f"a{each['agent']:03d}"))
        else:
            dimension, _, text = example["rating"].split()
            judgement = item["scores"][text][dimension]
        assert (judgement["missing"], judgement["raw"]) == (example["reason"], example["reply"])


def test_what_was_not_reached_is_counted(sandbox: Sandbox, run: Path) -> None:
    lines = (run / "interactions.jsonl").read_text().splitlines(keepends=True)
    (run / "interactions.jsonl").write_text("".join(lines[:10]))
    rows = json.loads(sandbox("inspect", run, "--why", "--json").out)["tables"]["interactions"]
    assert {row["outcome"]: row["count"] for row in rows}["not reached"] == 17
