"""Runs side by side: pairs, wins and fronts as a loop over the records finds them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Sandbox
from example_runs import log, mixed_run, scripted_run
from hypothesis import given
from hypothesis import strategies as st

from sandbox.figures.front import Point, front, with_front
from sandbox.figures.reads import read_all
from sandbox.runs.reading import open_run


def rating(item: dict[str, Any], dimension: str) -> int | None:
    judgement = item["scores"]["revision"][dimension]
    return judgement and judgement["rating"]  # type: ignore[no-any-return]


def compared(sandbox: Sandbox, *runs: Path) -> dict[str, list[dict[str, Any]]]:
    done = sandbox("inspect", *runs, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)["tables"]  # type: ignore[no-any-return]


def test_the_same_question_of_the_same_agent_is_paired(sandbox: Sandbox, tmp_path: Path) -> None:
    base, other = scripted_run(sandbox, tmp_path), mixed_run(sandbox, tmp_path)
    tables = compared(sandbox, base, other)
    before = {(item["question_id"], item["agent"]): item for item in log(base)}
    pairs = [(item, before.get((item["question_id"], item["agent"]))) for item in log(other)]
    for row in tables["mixed against one"]:
        ratings = [(rating(a, row["score"]), rating(b, row["score"])) for a, b in pairs if b]
        known = [(mine, theirs) for mine, theirs in ratings if mine is not None and theirs is not None]
        assert row["pairs"] == row["difference"]["count"] == len(known) > 5
        assert row["difference"]["mean"] == pytest.approx(sum(mine - theirs for mine, theirs in known) / len(known))
        assert row["win"] == sum(mine > theirs for mine, theirs in known)
        assert row["tie"] == sum(mine == theirs for mine, theirs in known)
        assert row["loss"] == sum(mine < theirs for mine, theirs in known)


def test_runs_without_a_case_in_common_are_compared_as_wholes(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("\n".join(f"What about {number}?" for number in range(30)))
    one = scripted_run(sandbox, tmp_path)
    two = scripted_run(sandbox, tmp_path, "two", questions="other.txt", prior="starter")
    rows = compared(sandbox, one, two)["two against one"]
    assert [row["pairs"] for row in rows] == [0, 0]
    assert rows[0]["win"] is None
    means = [np.mean([rating(item, "alignment") for item in log(run)]) for run in (two, one)]  # type: ignore[arg-type]
    assert rows[0]["difference"]["mean"] == pytest.approx(means[0] - means[1])
    assert "no question was asked of the same agent" in sandbox("inspect", one, two).out


def test_only_what_was_set_differently_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    one, two = scripted_run(sandbox, tmp_path), scripted_run(sandbox, tmp_path, "two", seed=5, labels="all-bad")
    rows = {row["option"]: row for row in compared(sandbox, one, two)["what was set differently"]}
    assert set(rows) == {"labels", "seed"}
    assert (rows["seed"]["one"], rows["seed"]["two"]) == (0, 5)


def test_runs_of_the_same_name_are_told_apart(sandbox: Sandbox, tmp_path: Path) -> None:
    one = scripted_run(sandbox, tmp_path)
    scripted_run(sandbox, tmp_path, seed=3, runs="elsewhere")
    names = [read.name for read in read_all([open_run(str(one), one.parent), open_run("elsewhere/one", one.parent)])]
    assert len(set(names)) == 2
    rows = compared(sandbox, one, tmp_path / "elsewhere" / "one", one)["costs"]
    assert len({row["run"] for row in rows}) == 3


def test_a_round_that_has_only_begun_is_on_no_front(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=3)
    lines = (run / "interactions.jsonl").read_text().splitlines(keepends=True)
    (run / "interactions.jsonl").write_text("".join(lines[:20]))
    assert {point.round for point in front(read_all([open_run(str(run), run.parent)]))} == {0, 1}
    assert "Round 2 is not whole: 2 of 9 interactions." in sandbox("inspect", "one").out


def test_interactions_until_the_front(sandbox: Sandbox, tmp_path: Path) -> None:
    bad = scripted_run(sandbox, tmp_path, "bad", labels="all-bad")
    good = scripted_run(sandbox, tmp_path, "good", labels="all-good", rounds=4)
    reads = read_all([open_run(str(run), run.parent) for run in (bad, good)])
    points = front(reads)
    assert len(points) == 6
    rows = {row["run"]: row for row in compared(sandbox, bad, good)["Pareto front"]}
    for name in ("bad", "good"):
        optimal = [point.round for point in points if point.run == name and point.optimal]
        assert rows[name]["first"] == (optimal[0] if optimal else None)
        assert rows[name]["interactions until then"] == (9 * (optimal[0] + 1) if optimal else None)
    assert rows["good"]["first"] is not None


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=12))
def test_a_point_is_optimal_if_no_other_beats_it(places: list[tuple[int, int]]) -> None:
    points = [Point("run", round_, float(x), float(y), optimal=False) for round_, (x, y) in enumerate(places)]
    found = with_front(points)
    for (x, y), point in zip(places, found, strict=True):
        beaten = any(a >= x and b >= y and (a, b) != (x, y) for a, b in places)
        assert point.optimal is not beaten


def test_several_runs_are_not_looked_into(sandbox: Sandbox, tmp_path: Path) -> None:
    one, two = scripted_run(sandbox, tmp_path), scripted_run(sandbox, tmp_path, "two")
    done = sandbox("inspect", one, two, "--why")
    assert done.code == 2
    assert "--why looks into one run, and several are compared as wholes: name one" in done.err
