"""Columns of a log, and every figure of a summary: the same numbers as ten lines of Python find in the JSON lines."""

import json
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from conftest import Sandbox
from example_runs import log, scripted_run

from sandbox.errors import SandboxError
from sandbox.figures.frame import read_frame
from sandbox.runs.reading import open_run

SCORES = [(text, dimension) for text in ("draft", "revision") for dimension in ("alignment", "engagement")]


def ratings(items: list[dict[str, Any]], text: str, dimension: str) -> list[int | None]:
    scores = [item["scores"][text][dimension] for item in items]
    return [score and score["rating"] for score in scores]


def test_columns_hold_what_the_log_says(mixed: Path) -> None:
    frame, items = read_frame(open_run(str(mixed), mixed.parent)), log(mixed)
    assert frame.rounds.tolist() == [item["round"] for item in items]
    assert frame.agents.tolist() == [item["agent"] for item in items]
    for name in ("label", "model", "question_id"):
        assert getattr(frame, f"{name}s").tolist() == [item[name] for item in items]
    assert [None if np.isnan(each) else each for each in frame.similarity] == [
        item["recall"] and item["recall"]["similarity"] for item in items
    ]
    for text, dimension in SCORES:
        found = [None if np.isnan(each) else int(each) for each in frame.ratings[text, dimension]]
        assert found == ratings(items, text, dimension)
        reasons = [(item["scores"][text][dimension] or {}).get("missing") or "" for item in items]
        assert frame.missing[text, dimension].tolist() == reasons
    failures = [(item["failed"] or {}).get("stage") for item in items]
    assert frame.failed_stage.tolist() == failures
    assert frame.failed.tolist() == [stage is not None for stage in failures]
    assert any(failures)


def test_feedback_belongs_to_its_interaction(mixed: Path) -> None:
    frame, items = read_frame(open_run(str(mixed), mixed.parent)), log(mixed)
    given = [(place, each["rating"], each["missing"]) for place, item in enumerate(items) for each in item["feedback"]]
    assert frame.feedback.of.tolist() == [place for place, _, _ in given]
    assert [None if np.isnan(each) else int(each) for each in frame.feedback.ratings] == [each for _, each, _ in given]
    known = [[each["rating"] for each in item["feedback"] if each["rating"]] for item in items]
    spread = [float(max(each) - min(each)) if len(each) > 1 else None for each in known]
    assert [None if np.isnan(each) else each for each in frame.disagreement()] == spread
    scores = [[item["scores"][text][dimension] for text, dimension in SCORES] for item in items]
    missing = [
        sum(bool(each and each["missing"]) for each in [*item["feedback"], *own])
        for item, own in zip(items, scores, strict=True)
    ]
    assert frame.missing_ratings().tolist() == missing
    assert sum(missing) > 3


def test_every_number_of_the_summary_is_recomputed_from_the_lines(sandbox: Sandbox, mixed: Path) -> None:
    items = log(mixed)
    tables = json.loads(sandbox("inspect", mixed, "--json").out)["tables"]
    for dimension in ("alignment", "engagement"):
        for group in ("round", "label", "model"):
            rows = tables[f"{dimension} by {group}"]
            assert {row[group] for row in rows} == {item[group] for item in items}
            for row in rows:
                check_scores(row, [item for item in items if item[group] == row[group]], dimension)
    for row in tables["accounts by round"]:
        own = [item for item in items if item["round"] == row["round"]]
        assert row["interactions"] == len(own)
        assert row["failed"] == sum(item["failed"] is not None for item in own)
        assert row["recall_rate"] == pytest.approx(fmean(item["recall"] is not None for item in own))
        scores = [score for item in own for text in item["scores"].values() for score in text.values()]
        judged = [*scores, *(each for item in own for each in item["feedback"])]
        assert row["missing"] == sum(bool(each and each["missing"]) for each in judged)


def check_scores(row: dict[str, Any], own: list[dict[str, Any]], dimension: str) -> None:
    drafts, revisions = (ratings(own, text, dimension) for text in ("draft", "revision"))
    gains = [b - a for a, b in zip(drafts, revisions, strict=True) if a is not None and b is not None]
    columns = {f"draft_{dimension}": drafts, f"revision_{dimension}": revisions, f"{dimension}_gain": gains}
    for name, values in columns.items():
        known = [value for value in values if value is not None]
        assert row[name]["count"] == len(known)
        assert row[name]["mean"] == (pytest.approx(fmean(known), abs=1e-12) if known else None)
        assert row[name]["low"] is None or row[name]["low"] < row[name]["mean"] < row[name]["high"]
        assert len(known) >= 10 or row[name]["low"] is None
    if "interactions" in row:
        assert row["interactions"] == len(own)
    else:
        scores = [item["scores"][text][dimension] for item in own for text in ("draft", "revision")]
        assert row["missing"] == sum(bool(score and score["missing"]) for score in scores)


def test_the_summary_agrees_with_the_rounds_that_the_run_wrote(sandbox: Sandbox, mixed: Path) -> None:
    document = json.loads(sandbox("inspect", mixed, "--json").out)
    assert len(document["rounds"]) == 3
    for number, written in enumerate(document["rounds"]):
        for dimension in ("alignment", "engagement"):
            row = document["tables"][f"{dimension} by round"][number]
            assert row[f"draft_{dimension}"]["mean"] == written["scores"]["draft"][dimension]["mean"]
            assert row[f"{dimension}_gain"]["mean"] == written["gain"][dimension]["mean"]
        account = document["tables"]["accounts by round"][number]
        assert account["missing"] == written["missing"]
        assert account["recall_rate"] == written["recall_rate"]


def test_a_log_that_grows_is_read_up_to_its_last_whole_line(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    whole = (run / "interactions.jsonl").read_bytes()
    opened = open_run(str(run), run.parent)
    for cut in (0, 1, len(whole) // 2, len(whole) - 2, len(whole) - 1, len(whole)):
        (run / "interactions.jsonl").write_bytes(whole[:cut])
        lines = whole[:cut].count(b"\n") + (cut == len(whole) - 1)  # a last line that only lacks its end counts
        assert len(read_frame(opened)) == lines
    (run / "interactions.jsonl").unlink()
    assert len(read_frame(opened)) == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line.replace(b'"round":1', b'"round":0', 1),
        lambda line: line.replace(b'"round"', b'"ruond"', 1),
        lambda line: line.replace(b'"rating":', b'"rating":"x",', 1),
        lambda line: line[: len(line) // 2],
        lambda line: b"\xff" + line[1:],
    ],
)
def test_a_bad_line_is_named(sandbox: Sandbox, tmp_path: Path, spoil: Any) -> None:
    run = scripted_run(sandbox, tmp_path)
    lines = (run / "interactions.jsonl").read_bytes().split(b"\n")
    lines[11] = spoil(lines[11])
    (run / "interactions.jsonl").write_bytes(b"\n".join(lines))
    with pytest.raises(SandboxError, match=r"interactions\.jsonl:12: "):
        read_frame(open_run(str(run), run.parent))
