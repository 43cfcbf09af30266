"""Fronts of conditions, hypervolumes and interactions to reach a target, against counts by hand."""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Sandbox
from example_runs import log, scripted_run

from sandbox.analysis.findings import Findings
from sandbox.analysis.pareto import analyse, hypervolume, reached
from sandbox.analysis.pools import Pool
from sandbox.errors import SandboxError
from sandbox.figures.front import Point, unbeaten
from sandbox.figures.study.cells import round_sums
from sandbox.figures.study.resampling import estimates
from sandbox.inspection.analysis.pareto_plot import pareto_plot
from sandbox.runs.reading import Run, read_run

Rounds = Sequence[tuple[float, float]]  # mean alignment and engagement of the revisions of each


def run_with(made: Path, name: str, rounds: Rounds, seed: int = 0, counts: Sequence[int] = ()) -> Run:
    """A copy of the run in `made` whose rounds are these, each of so many rated interactions (9 by default)."""
    folder = made.with_name(name)
    shutil.copytree(made, folder)
    lines = [json.loads(line) for line in (made / "rounds.jsonl").read_text().splitlines()]
    for line, means, count in zip(lines, rounds, [*counts, *[9] * 9], strict=False):
        for dimension, value in zip(("alignment", "engagement"), means, strict=True):
            line["scores"]["revision"][dimension] = {"mean": value if count else None, "count": count}
    (folder / "rounds.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"seed": seed, "run_id": name}))
    return read_run(folder)


def rows(found: Findings, name: str) -> dict[str, dict[str, Any]]:
    return {row["condition"]: row for row in found.sheet(name).document()}


@pytest.fixture
def made(sandbox: Sandbox, tmp_path: Path) -> Path:
    return scripted_run(sandbox, tmp_path, "made", rounds=3)


@pytest.mark.parametrize(
    ("points", "area"),
    [
        ([(7, 7)], 36),
        ([(1, 7)], 0),
        ([(0.5, 7)], 0),
        ([(3, 2), (2, 3)], 3),
        ([(3, 2), (2, 3), (2, 2)], 3),
        ([(3, 2), (3, 2)], 2),
        ([(2, 5), (4, 3), (6, 2)], 4 + 2 * 2 + 2),
        ([], 0),
    ],
)
def test_a_hypervolume_is_the_area_that_is_dominated(points: Sequence[tuple[float, float]], area: float) -> None:
    assert hypervolume(np.array(points, dtype=float).reshape(-1, 2)) == pytest.approx(area)


def test_a_hypervolume_is_what_counting_comes_to() -> None:
    points = np.random.default_rng(4).integers(0, 13, (6, 2)) / 2
    cells = [(x / 2, y / 2) for x, y in product(range(2, 14), repeat=2)]  # lower corners of squares of .5
    inside = [any(x < point[0] and y < point[1] for point in points) for x, y in cells]
    assert hypervolume(points) == pytest.approx(sum(inside) / 4)


def test_equal_conditions_both_stay_on_the_front(made: Path) -> None:
    ends = {"one": (5.0, 4.0), "same": (5.0, 4.0), "behind": (5.0, 3.0), "other": (3.0, 6.0)}
    pools = [Pool(name, [run_with(made, name, [(1, 1), (1, 1), end])]) for name, end in ends.items()]
    found = analyse(pools, target=(7, 7), window=1)
    front = rows(found, "Pareto front")
    assert {name: row["on_the_front"] for name, row in front.items()} == {
        "one": True, "same": True, "behind": False, "other": True,
    }  # fmt: skip
    assert front["one"]["revision_alignment"] == {"mean": 5, "low": None, "high": None, "count": 1}, (
        "a seed has no interval"
    )
    assert front["one"]["hypervolume"]["mean"] == 12
    assert front["one"]["hypervolume_share"] == pytest.approx(12 / 36)
    together = rows(found, "hypervolume")["all conditions"]
    assert together["hypervolume"] == pytest.approx(12 + 2 * 2)
    assert "one, same, other; of 4 conditions" in found.verdicts[0]
    assert found.verdicts[-1].endswith("is reached by no run.")


def test_conditions_of_the_same_ends_in_another_order_of_seeds_are_equal() -> None:
    """Sums of floats depend on their order."""
    ends = np.array([[36, 41], [61, 48], [43, 38]]) / 9
    orders = [np.array(order) for order in ((0, 1, 2), (1, 2, 0), (2, 1, 0))]
    pairs = [estimates(ends[order]) for order in orders]
    assert len({(each.mean, other.mean) for each, other in pairs}) > 1
    assert unbeaten([Point("c", 0, *pair, optimal=False) for pair in pairs]).all()


@pytest.mark.parametrize("ends", [(3, 4, 5), (1, 7, 7), (3, 4, 4.5, 6), (2, 3, 5, 6, 6.5), (2, 3, 3.5, 5, 6, 6.5)])
def test_few_seeds_have_the_interval_of_ten_thousand_draws_of_them(ends: Sequence[float]) -> None:
    """All draws that there are, or some of them: the ends lie within .02 of the scale."""
    chance = np.random.default_rng(5)
    drawn = np.array(ends)[chance.integers(len(ends), size=(10_000, len(ends)))].mean(axis=1)
    (found,) = estimates(np.array(ends, dtype=float)[:, None])
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(drawn, [2.5, 97.5])), abs=0.02 * 6)


def test_a_target_is_reached_by_means_weighted_by_what_was_scored(made: Path) -> None:
    run = run_with(made, "one", [(4, 6), (6, 6), (6, 5)], counts=[3, 9, 9])
    sums = round_sums(run, run.status)
    assert reached(sums, (6, 6), 1) == 2 * 9
    assert reached(sums, (5.5, 6), 2) == 2 * 9, "(3 * 4 + 9 * 6) / 12"
    assert reached(sums, (5.6, 6), 2) is None
    assert reached(sums, (5.6, 5.5), 2) == 3 * 9
    assert reached(sums, (1, 1), 4) is None, "there are no four rounds"
    assert reached(sums, (1, 1), 3) == 3 * 9


def test_an_unrated_round_reaches_nothing_and_has_no_point(made: Path) -> None:
    blank = run_with(made, "blank", [(7, 7), (7, 7), (7, 7)], counts=[9, 0, 0])
    rated = run_with(made, "rated", [(2, 2)] * 3)
    assert reached(round_sums(blank, blank.status), (7, 7), 1) == 9
    found = analyse([Pool("blank", [blank]), Pool("rated", [rated])], target=(7, 7), window=1)
    front = rows(found, "Pareto front")
    assert (front["blank"]["revision_alignment"], front["blank"]["on_the_front"]) == (None, None)
    assert front["rated"]["on_the_front"] is True
    alone = analyse([Pool("blank", [blank])], target=(7, 7), window=1)
    assert "no front yet" in alone.verdicts[0]
    assert "without a rated round are left out" in pareto_plot(alone, "svg").decode(), "reports draw it, too"
    assert rows(alone, "hypervolume")["all conditions"] == dict.fromkeys(("hypervolume", "hypervolume_share")) | {
        "condition": "all conditions"
    }


def test_intervals_draw_seeds_and_a_mean_needs_all_of_them(made: Path) -> None:
    ends = [2.0, 3.0, 4.0, 6.0]
    runs = [run_with(made, f"s{at}", [(1, 1), (end, end), (end, end)], at) for at, end in enumerate(ends)]
    found = analyse([Pool("four", runs), Pool("best", runs[2:])], target=(4, 4), window=1)
    front = rows(found, "Pareto front")
    drawn = [np.mean(each) for each in product(ends, repeat=4)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    assert front["four"]["revision_alignment"] == {"mean": 3.75, "low": low, "high": high, "count": 4}
    volume = front["four"]["hypervolume"]
    assert (volume["mean"], volume["low"], volume["high"]) == pytest.approx((2.75**2, (low - 1) ** 2, (high - 1) ** 2))
    assert front["best"]["revision_alignment"]["low"] is None, "two seeds have no interval"
    reach = rows(found, "interactions to reach")
    assert (reach["four"]["reached"], reach["four"]["interactions_until"]) == (2, None)
    assert reach["best"]["interactions_until"]["mean"] == 18
    by_run = [
        (row["run"], row["seed"], row["interactions_until"]) for row in found.sheet("interactions by run").document()
    ]
    assert by_run[:4] == [("s0", 0, None), ("s1", 1, None), ("s2", 2, 18), ("s3", 3, 18)]
    assert "is reached by 4 of 6 runs" in found.verdicts[-1]


def test_conditions_end_where_logs_say(made: Path) -> None:
    front = rows(analyse([Pool("made", [read_run(made)])], target=(4, 4), window=2), "Pareto front")["made"]
    scores = [item["scores"]["revision"] for item in log(made) if item["round"] == 2]
    for dimension in ("alignment", "engagement"):
        assert front[f"revision_{dimension}"]["mean"] == pytest.approx(
            np.mean([each[dimension]["rating"] for each in scores])
        )
    assert front["round"] == 2


def test_the_picture_shades_what_conditions_dominate_together(made: Path) -> None:
    ends = {"high": (6.0, 3.0), "wide": (3.0, 6.0), "behind": (2.0, 2.0)}
    runs = {name: run_with(made, name, [(1, 1), (1, 1), end]) for name, end in ends.items()}
    runs["blank"] = run_with(made, "blank", [(4, 4)] * 3, counts=[9, 9, 0])
    found = analyse([Pool(name, [run]) for name, run in runs.items()], target=(7, 7), window=1)
    svg = pareto_plot(found, "svg")
    drawn = ET.fromstring(svg)
    texts = {text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"hypervolume above (1, 1): 16.00 of 36", "1 without a rated round are left out", *runs} <= texts
    shade = drawn.find(".//{*}g[@id='axes_1']/{*}g[@id='patch_3']/{*}path")
    assert shade is not None
    corners = np.array(re.findall(r"[ML] (\S+) (\S+)", shade.attrib["d"]), dtype=float)
    x, y = corners.T
    area = abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2
    assert area / np.ptp(x) / np.ptp(y) == pytest.approx(16 / 25, abs=1e-4)
    assert pareto_plot(found, "svg") == svg


def test_rounds_that_are_none_are_told(made: Path) -> None:
    run = run_with(made, "odd", [(4, 4)] * 3, counts=[10])
    with pytest.raises(SandboxError, match=r"odd/rounds\.jsonl: round 0 is not one of 9 agents"):
        analyse([Pool("odd", [run])], target=(4, 4), window=1)
