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
from sandbox.sheet import Estimate


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
        ratings = [(rating(a, row["dimension"]), rating(b, row["dimension"])) for a, b in pairs if b]
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
    assert "not paired, as the questions differ" in sandbox("inspect", one, two).out


def test_runs_pair_by_plan_and_never_by_accident(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "few.txt").write_text("\n".join(f"What about {number}?" for number in range(4)))
    few = {"questions": "few.txt", "labels": "none"}
    one = scripted_run(sandbox, tmp_path, **few)
    others = {
        scripted_run(sandbox, tmp_path, "seed", seed=1, **few): "as seeds 1 and 0 differ",
        scripted_run(sandbox, tmp_path, "wide", grid=4, **few): "as 16 and 9 agents are not asked the same",
    }
    asked = [{(item["agent"], item["question_id"]) for item in log(run)} for run in (one, *others)]
    for run, why in others.items():
        assert asked[0] & asked.pop(1), "the same question of the same agent, as it happens"
        assert compared(sandbox, one, run)[f"{run.name} against one"][0]["pairs"] == 0
        assert why in " ".join(sandbox("inspect", one, run).out.split())
    unlabelled = scripted_run(sandbox, tmp_path, "unlabelled", labels="none")
    labelled = scripted_run(sandbox, tmp_path, "labelled")
    rows = compared(sandbox, labelled, unlabelled)["unlabelled against labelled"]
    assert [row["pairs"] for row in rows] == [18, 18]


def test_below_ten_pairs_there_is_no_interval(sandbox: Sandbox, tmp_path: Path) -> None:
    one, two = (scripted_run(sandbox, tmp_path, name, rounds=1, labels=name) for name in ("half", "all-bad"))
    for row in compared(sandbox, one, two)["all-bad against half"]:
        assert (row["pairs"], row["n"], row["n_of_base"]) == (9, 9, 9)
        assert (row["difference"]["low"], row["difference"]["high"], row["difference"]["count"]) == (None, None, 9)


def test_what_did_not_change_has_no_interval_of_width_nought(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    (rows,) = (rows for name, rows in compared(sandbox, run, run).items() if " against " in name)
    for row in rows:
        assert (row["pairs"], row["tie"], row["difference"]["mean"], row["difference"]["low"]) == (18, 18, 0.0, None)


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


@given(st.lists(st.tuples(*[st.integers(1, 9)] * 2, *[st.none() | st.integers(0, 3)] * 2), min_size=1, max_size=8))
def test_a_point_is_optimal_if_no_other_may_beat_it(places: list[tuple[int, int, int | None, int | None]]) -> None:
    def bounds(mean: int, half: int | None) -> Estimate:
        return Estimate(mean, None, None, 9) if half is None else Estimate(mean, mean - half, mean + half, 10)

    points = [Point("run", at, bounds(x, wide), bounds(y, high), False) for at, (x, y, wide, high) in enumerate(places)]
    for at, ((x, y, wide, high), point) in enumerate(zip(places, with_front(points), strict=True)):
        others = places[:at] + places[at + 1 :]
        sure = wide is not None and high is not None
        sure = sure and all(x - wide > a + (w or 0) or y - high > b + (h or 0) for a, b, w, h in others)  # type: ignore[operator]
        assert point.optimal is sure
        if sure:
            assert not any(a >= x and b >= y for a, b, _, _ in others), "it is on the front by means, too"


def test_rounds_that_chance_may_have_put_on_the_front_are_not_marked(sandbox: Sandbox, tmp_path: Path) -> None:
    good = scripted_run(sandbox, tmp_path, "good", grid=4, rounds=1, labels="all-good")
    bad = scripted_run(sandbox, tmp_path, "bad", grid=4, rounds=1, labels="all-bad")
    again = scripted_run(sandbox, tmp_path, "again", grid=4, rounds=1, labels="all-good", seed=1)
    apart = {row["run"]: row for row in compared(sandbox, bad, good)["Pareto front"]}
    assert (apart["good"]["optimal_rounds"], apart["good"]["interactions_until"]) == ("0", 16)
    assert apart["bad"]["optimal_rounds"] is None
    together = compared(sandbox, good, again)["Pareto front"]
    assert [row["optimal_rounds"] for row in together] == [None, None]
    assert any(row["front_rounds"] == "0" for row in together)


def test_several_runs_are_not_looked_into(sandbox: Sandbox, tmp_path: Path) -> None:
    one, two = scripted_run(sandbox, tmp_path), scripted_run(sandbox, tmp_path, "two")
    done = sandbox("inspect", one, two, "--why")
    assert done.code == 2
    assert "--why looks into one run, and several are compared as wholes: name one" in done.err
