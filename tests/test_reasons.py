"""Why a row is missing: counts by reason that add up to what was planned, and replies as they came."""

import json
from collections import Counter
from pathlib import Path

from conftest import Sandbox
from example_runs import log


def test_every_planned_interaction_and_rating_is_accounted_for(sandbox: Sandbox, mixed: Path) -> None:
    tables, items = json.loads(sandbox("inspect", mixed, "--why", "--json").out)["tables"], log(mixed)
    outcomes = tables["interactions"]
    assert sum(row["count"] for row in outcomes) == 27
    failures = Counter(f"{item['failed']['stage']}: {item['failed']['error']}" for item in items if item["failed"])
    assert {row["why"]: row["count"] for row in outcomes if row["outcome"] == "failed"} == failures
    rows = tables["ratings"]
    assert [row["planned"] for row in rows] == [27 * 4, 27, 27, 27, 27]
    reasons = ("unparsable", "out_of_range", "refused", "truncated")
    for row in rows:
        known = sum(row[reason] for reason in (*reasons, "obtained", "failed", "not_asked", "not_reached"))
        assert row["planned"] == known
        assert all(cell >= 0 for cell in row.values() if isinstance(cell, int))
    feedback = Counter(each["missing"] for item in items for each in item["feedback"])
    assert {reason: rows[0][reason] for reason in reasons} == {reason: feedback[reason] for reason in reasons}
    assert sum(row[reason] for row in rows for reason in reasons) > 5
    calls = [json.loads(line) for line in (mixed / "calls.jsonl").read_text().splitlines()]
    lost = Counter((call["stage"], call["dimension"]) for call in calls if call["error"])
    assert rows[0]["failed"] == lost["feedback", None]
    assert rows[1]["failed"] == lost["score_draft", "alignment"]
    assert sum(
        row["calls"] for row in {row["error"]: row for row in tables["calls that failed for good"]}.values()
    ) == (sum(lost.values()))
    assert all(row["example"].startswith("r00") for row in tables["calls that failed for good"])


def test_examples_show_the_replies_as_they_came(sandbox: Sandbox, mixed: Path) -> None:
    items = {item["id"]: item for item in log(mixed)}
    examples = json.loads(sandbox("inspect", mixed, "--why", "--json").out)["tables"]["examples of missing ratings"]
    assert {example["missing"] for example in examples} >= {"unparsable", "refused"}
    assert max(Counter(example["missing"] for example in examples).values()) <= 3
    for example in examples:
        item = items[example["id"]]
        if example["measure"].startswith("feedback"):
            judgement = next(each for each in item["feedback"] if example["measure"].endswith(f"a{each['agent']:03d}"))
        else:
            dimension, _, text = example["measure"].split()
            judgement = item["scores"][text][dimension]
        assert (judgement["missing"], judgement["raw"]) == (example["missing"], example["raw"])


def test_what_was_not_reached_is_counted(sandbox: Sandbox, mixed: Path) -> None:
    lines = (mixed / "interactions.jsonl").read_text().splitlines(keepends=True)
    (mixed / "interactions.jsonl").write_text("".join(lines[:10]))
    tables = json.loads(sandbox("inspect", mixed, "--why", "--json").out)["tables"]
    assert {row["outcome"]: row["count"] for row in tables["interactions"]}["not reached"] == 17
    assert [row["not_reached"] for row in tables["ratings"]] == [17 * 4, 17, 17, 17, 17]
    assert [row["planned"] for row in tables["ratings"]] == [27 * 4, 27, 27, 27, 27]


def test_replies_are_shown_whole_below_the_tables(sandbox: Sandbox, mixed: Path) -> None:
    lines = (mixed / "interactions.jsonl").read_text().splitlines()
    item = json.loads(lines[0])
    item["feedback"][0] |= {
        "rating": None,
        "missing": "out_of_range",
        "reason": None,
        "raw": "first line\n" + "x" * 300,
    }
    lines[0] = json.dumps(item)
    (mixed / "interactions.jsonl").write_text("\n".join(lines) + "\n")
    shown = sandbox("inspect", mixed, "--why").out
    assert "out_of_range: the reply as it came\n  first line\n  " + "x" * 300 in shown
