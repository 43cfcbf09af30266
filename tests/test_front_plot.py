"""The picture of engagement and alignment: runs look different, rings stand where intervals allow, axes are honest."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Sandbox
from example_runs import log, scripted_run

from sandbox.inspection.picture import MOST_LOOKS, look

SVG = {"svg": "http://www.w3.org/2000/svg"}
HREF = "{http://www.w3.org/1999/xlink}href"


def picture(sandbox: Sandbox, *runs: str) -> ET.Element:
    done = sandbox("inspect", *runs, "--plot", "pareto", "-o", "front.svg")
    assert done.code == 0, done.err
    return ET.parse("front.svg").getroot()


def texts(picture: ET.Element) -> list[str]:
    return [text.text or "" for text in picture.iterfind(".//svg:text", SVG)]


def group(picture: ET.Element, name: str) -> ET.Element:
    found = picture.find(f".//svg:g[@id='{name}']", SVG)
    assert found is not None
    return found


def looks(picture: ET.Element) -> list[tuple[str, ...]]:
    """Stroke, dashes and marker of each curve in the legend."""
    found = []
    for entry in group(picture, "legend_1").iterfind("svg:g", SVG):
        if entry.attrib["id"].startswith("line2d"):
            (line,), markers = entry.findall("svg:path", SVG), entry.findall(".//svg:use", SVG)
            style = dict(part.split(": ") for part in line.attrib["style"].split("; "))
            found.append(
                (style["stroke"], style.get("stroke-dasharray", ""), *(marker.attrib[HREF] for marker in markers))
            )
    return found


def changed(run: Path, change: Callable[[dict[str, Any]], None]) -> None:
    items = log(run)
    for item in items:
        change(item)
    (run / "interactions.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))


def rate(item: dict[str, Any], alignment: int | None, engagement: int | None) -> None:
    for name, rating in (("alignment", alignment), ("engagement", engagement)):
        missing = "refused" if rating is None else None
        item["scores"]["revision"][name] |= {"rating": rating, "missing": missing}


@pytest.mark.slow
def test_no_two_runs_look_alike(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    drawn = picture(sandbox, *["one"] * 44)
    found = looks(drawn)
    assert len(set(found)) == len({stroke for stroke, *_ in found}) == len(found) == 44
    assert len(set(found[:6])) == len({stroke for stroke, *_ in found[:6]}) == len({each[2] for each in found[:6]}) == 6
    assert {f"runs/one ({number})" for number in range(2, 45)} <= set(texts(drawn))
    assert len({look(number) for number in range(MOST_LOOKS)}) == MOST_LOOKS


@pytest.mark.slow
def test_runs_beyond_what_can_be_told_apart_are_counted(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    drawn = picture(sandbox, *["one"] * (MOST_LOOKS + 2))
    assert len(set(looks(drawn))) == len(looks(drawn)) == MOST_LOOKS + 1
    assert "2 other runs" in texts(drawn)


@pytest.mark.slow
def test_the_legend_stands_below_what_is_drawn(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    drawn = picture(sandbox, *["one"] * 20)
    path = group(drawn, "patch_2").find("svg:path", SVG)
    assert path is not None
    bottom = max(float(y) for _, y in re.findall(r"[ML] (\S+) (\S+)", path.attrib["d"]))
    legend = group(drawn, "legend_1")
    tops = [float(text.attrib["y"]) for text in legend.iterfind(".//svg:text", SVG)]
    _, _, width, height = map(float, drawn.attrib["viewBox"].split())
    right = [float(text.attrib["x"]) + 5 * len(text.text or "") for text in legend.iterfind(".//svg:text", SVG)]
    assert bottom < min(tops) < max(tops) < height
    assert max(right) < width


def test_what_is_optimal_has_a_ring_and_nothing_else_has(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, "ringed", grid=4, rounds=3)
    scripted_run(sandbox, tmp_path)
    none = picture(sandbox, "one")
    assert "Pareto-optimal: none" in texts(none)
    assert none.find(".//svg:g[@id='axes_1']/svg:g[@id='PathCollection_1']/svg:path", SVG) is None
    changed(
        run,
        lambda item: rate(
            item, *((6 + item["agent"] % 2,) * 2 if item["round"] == 1 else (1 + item["agent"] % 3,) * 2)
        ),
    )
    (front,) = json.loads(sandbox("inspect", "ringed", "ringed", "--json").out)["tables"]["Pareto front"][:1]
    drawn = picture(sandbox, "ringed")
    rings = group(drawn, "axes_1").findall("svg:g[@id='PathCollection_1']/svg:path", SVG)
    assert len(rings) == 1, front
    assert "#cc3311" in rings[0].attrib["style"]
    assert "Pareto-optimal" in texts(drawn)


def test_intervals_are_drawn_where_the_tables_have_them(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, "large", grid=5, rounds=3)
    drawn = picture(sandbox, "large")
    assert "bars: 95 % intervals draw agents" in " ".join(texts(drawn))
    tables = json.loads(sandbox("inspect", "large", "--json").out)["tables"]
    for name, place in (("engagement", 0), ("alignment", 1)):
        wanted = [row[f"revision_{name}"][end] for row in tables[f"{name} by round"] for end in ("low", "high")]
        bars = group(drawn, f"LineCollection_{place + 1}").findall("svg:path", SVG)
        ends = [float(end[place]) for bar in bars for end in re.findall(r"[ML] (\S+) (\S+)", bar.attrib["d"])]
        (slope, _), (error, *_), *_ = np.polyfit(wanted, ends, 1, full=True)
        assert error < 1e-3
        assert slope > 0 if name == "engagement" else slope < 0  # upwards is less in a picture


def test_axes_are_the_paper_s_and_say_how_much_of_the_scale_they_show(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    changed(run, lambda item: rate(item, 4, 5 if item["round"] and not item["agent"] else 4))
    labels = [text for text in texts(picture(sandbox, "one")) if text.startswith("mean ")]
    assert [label.split()[1] for label in labels] == ["engagement", "alignment"], "the one across comes first"
    spans = [re.findall(r"shown is (\S+) to (\S+)\)", label)[0] for label in labels]
    assert all(float(high) - float(low) >= 1 for low, high in spans), "a ninth of a rating looks small"
    changed(run, lambda item: rate(item, 1 + 6 * item["round"], 1 + 6 * item["round"]))
    whole = [text for text in texts(picture(sandbox, "one")) if text.startswith("mean ")]
    assert whole == ["mean engagement (1 to 7)", "mean alignment (1 to 7)"]


@pytest.mark.slow
def test_it_is_said_what_the_picture_is_of(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    longer = scripted_run(sandbox, tmp_path, "longer", rounds=3)
    scripted_run(sandbox, tmp_path, "larger", grid=4)
    title = "Mean alignment against mean engagement of revisions"
    for runs, told in (
        (["longer"], "run longer: 9 agents, rounds 0 to 2"),
        (["one", "one"], "2 runs of 9 agents, rounds 0 to 1"),
        (["one", "longer", "larger"], "3 runs of 9 to 16 agents, rounds 0 to 1 alone, whole in all runs"),
    ):
        assert {title, told} <= set(texts(picture(sandbox, *runs))), told
    changed(longer, lambda item: rate(item, None, 4))
    assert "no round is whole and rated in both: there is no point to draw yet" in texts(picture(sandbox, "longer"))


@pytest.mark.slow
def test_every_run_keeps_the_number_of_its_last_round(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, "long", rounds=14)
    for runs in (1, 20, 40):
        assert texts(picture(sandbox, *["long"] * runs)).count("13") == runs
