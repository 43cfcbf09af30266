"""Pictures: what they draw is in them, they are the same each time, and wrong words are told."""

import html
import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Sandbox
from example_runs import log, mixed_run, scripted_run
from PIL import Image
from tables import table

from sandbox.inspection.grid_view import SCALE
from sandbox.inspection.picture import COLOURS

LINES = (
    ("alignment, draft", COLOURS[0], True),
    ("alignment, revision", COLOURS[0], False),
    ("engagement, draft", COLOURS[1], True),
    ("engagement, revision", COLOURS[1], False),
)


def write(run: Path, items: list[dict[str, Any]]) -> None:
    (run / "interactions.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))


def texts(picture: Path) -> list[str]:
    return re.findall(r">([^<>]+)</text>", picture.read_text())


def lines(picture: Path) -> list[tuple[str, bool, list[float]]]:
    """Colour, whether it is dashed, and heights on the axis from 1 to 7, of each line through data; of an SVG."""
    svg = picture.read_text()
    axes = re.search(r'<g id="patch_2">\s*<path d="([^"]+)"', svg)
    assert axes
    bottom, top = max(heights(axes[1])), min(heights(axes[1]))
    found = re.findall(r'<g id="line2d_\d+">\s*<path d="([^"]+)" clip-path="[^"]+" style="([^"]+)"', svg)
    return [
        (stroke[1].upper(), "dasharray" in style, [1 + 6 * (bottom - y) / (bottom - top) for y in heights(path)])
        for path, style in found
        if (stroke := re.search(r"stroke: (#\w{6})", style)) and stroke[1].upper() in COLOURS
    ]


def heights(path: str) -> list[float]:
    return [float(y) for y in re.findall(r"[ML] \S+ (\S+)", path)]


def cells(picture: Path, side: int) -> list[list[str]]:
    """The colours in the middle of each cell of a grid, row by row from the top; of a PNG.

    The grid is where extreme colours stand above each other: of the bar beside it they are only the ends.
    """
    pixels = np.asarray(Image.open(picture).convert("RGB"))
    extreme = np.isin(pixels @ [65536, 256, 1], [int(each[1:], 16) for each in (SCALE[0], SCALE[-1])])
    columns = np.flatnonzero(extreme.sum(axis=0) > len(pixels) / 2)
    rows = np.flatnonzero(extreme[:, columns].any(axis=1))
    middles = [
        np.linspace(at[0], at[-1], 2 * side + 1)[1::2].round().astype(int)  # half a cell apart
        for at in (rows, columns)
    ]
    return [["#" + pixels[row, column].tobytes().hex() for column in middles[1]] for row in middles[0]]


@pytest.mark.parametrize(
    "kind", [pytest.param("pareto", marks=pytest.mark.slow), "rounds", pytest.param("grid", marks=pytest.mark.slow)]
)
def test_each_picture_is_written_as_png_and_svg(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    scripted_run(sandbox, tmp_path)
    for suffix, begin in ((".png", b"\x89PNG"), (".svg", b"<?xml")):
        file = tmp_path / f"{kind}{suffix}"
        done = sandbox("inspect", "one", "--plot", kind, "-o", file)
        assert done.code == 0, done.err
        first = file.read_bytes()
        assert first.startswith(begin)
        assert sandbox("inspect", "one", "--plot", kind, "-o", file).code == 0
        assert file.read_bytes() == first


def test_the_front_has_a_curve_a_run_and_a_number_a_round(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, rounds=3)
    mixed_run(sandbox, tmp_path)
    assert sandbox("inspect", "one", "mixed", "--plot", "pareto", "-o", "front.svg").code == 0
    found = texts(tmp_path / "front.svg")
    assert {"one", "mixed"} <= set(found)
    assert [found.count(str(round_)) >= 2 for round_ in range(3)] == [True] * 3


@table(
    ("words", "title", "told"),
    [
        (("rounds",), "Mean ratings by round", "run one: 9 agents, 2 rounds"),
        (("pareto",), "Mean alignment against mean engagement of revisions", "run one: 9 agents, rounds 0 to 1"),
        (("grid",), "Alignment of revisions in round 1", "run one: 3 x 3 agents, 9 of 9 rated"),
        (
            ("grid", "--map", "0-1"),
            "Change of alignment from round 0 to 1",
            "run one: 3 x 3 agents, 9 of 9 rated in both rounds",
        ),
    ],
)
def test_every_picture_says_what_it_is_and_of_what(
    sandbox: Sandbox, made_run: Path, words: tuple[str, ...], title: str, told: str
) -> None:
    assert sandbox("inspect", made_run, "--plot", *words, "-o", "picture.svg").code == 0
    assert {title, told} <= set(texts(Path("picture.svg")))


NAMES = {
    "_hidden": "_hidden",
    "$\\frac{1}{2}$": "$\\frac{1}{2}$",
    "a & <b>": "a &amp; &lt;b&gt;",
    "two\nlines\u202e": "two lines\\u202e",
    "\u65e5\u672c \U0001f680": "\u65e5\u672c \U0001f680",
    "no character \ufffe": "no character \ufffd",
    "x" * 97 + "end": f"{'x' * 19}…{'x' * 16}end",
}


@pytest.mark.slow
def test_names_of_runs_are_harmless_and_bounded(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    runs = [shutil.copytree(run, run.with_name(name)) for name in NAMES]
    for suffix in ("svg", "png"):
        done = sandbox("inspect", *runs, "--plot", "pareto", "-o", f"front.{suffix}")
        assert (done.code, done.err) == (0, f"front.{suffix} is written.\n")
    ET.parse(tmp_path / "front.svg")
    assert set(NAMES.values()) <= set(texts(tmp_path / "front.svg"))
    name = "".join(list(NAMES)[:-1])
    for kind in ("pareto", "rounds", "grid"):
        assert sandbox("inspect", run.rename(run.with_name(name)), "--plot", kind, "-o", f"{kind}.svg").code == 0
        run = run.with_name(name)
        ET.parse(tmp_path / f"{kind}.svg")
        (told,) = [text for text in texts(tmp_path / f"{kind}.svg") if text.startswith("run _hidden$")]
        assert "…" in told
        assert len(html.unescape(told)) < 100


def test_a_picture_of_one_round_has_that_round_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, rounds=1, grid=4)
    assert sandbox("inspect", "one", "--plot", "rounds", "-o", "rounds.svg").code == 0
    found = texts(tmp_path / "rounds.svg")
    assert [text for text in found if re.fullmatch(r"[\d.\u2212]+", text)] == ["0", *map(str, range(1, 8))]
    assert "run one: 16 agents, 1 round" in found
    assert "LineCollection_4" in (tmp_path / "rounds.svg").read_text(), "an interval of each mean"


def test_lines_are_at_the_means_of_the_log(sandbox: Sandbox, tmp_path: Path) -> None:
    items = log(scripted_run(sandbox, tmp_path, rounds=3))
    assert sandbox("inspect", "one", "--plot", "rounds", "-o", "rounds.svg").code == 0
    found = lines(tmp_path / "rounds.svg")
    assert [line[:2] for line in found] == [line[1:] for line in LINES]
    for (name, _, _), (_, _, values) in zip(LINES, found, strict=True):
        dimension, text = name.split(", ")
        ratings = np.array([item["scores"][text][dimension]["rating"] for item in items], dtype=float)
        assert values == pytest.approx(ratings.reshape(3, 9).mean(axis=1).tolist(), abs=1e-3)
    drawn = texts(tmp_path / "rounds.svg")
    assert {"round", "mean rating (1 to 7)", *(name for name, _, _ in LINES)} <= set(drawn)


def test_an_interval_between_rounds_without_one_is_drawn(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=3, grid=4)
    items = log(run)
    for item in items:
        if item["round"] != 1 and item["agent"] > 5:
            item["scores"]["draft"]["alignment"] |= {"rating": None, "missing": "refused"}
    write(run, items)
    rows = json.loads(sandbox("inspect", "one", "--json").out)["tables"]["alignment by round"]
    assert [row["draft_alignment"]["low"] is not None for row in rows] == [False, True, False]
    assert sandbox("inspect", "one", "--plot", "rounds", "-o", "rounds.svg").code == 0
    bars = re.findall(r'<g id="LineCollection_\d+">\s*<path', (tmp_path / "rounds.svg").read_text())
    assert len(bars) == 1, "the others are bands"


def test_an_unfinished_round_is_left_out_and_it_is_said(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    items = log(run)
    write(run, items[:13])
    assert sandbox("inspect", "one", "--plot", "rounds", "-o", "rounds.svg").code == 0
    assert [len(values) for _, _, values in lines(tmp_path / "rounds.svg")] == [1] * 4
    assert "round (1 is unfinished and left out)" in texts(tmp_path / "rounds.svg")
    write(run, items[:4])
    assert sandbox("inspect", "one", "--plot", "rounds", "-o", "rounds.svg").code == 0
    assert [len(values) for _, _, values in lines(tmp_path / "rounds.svg")] == [1] * 4
    assert "round (0 is unfinished: 4 of 9 agents)" in texts(tmp_path / "rounds.svg")


@pytest.mark.parametrize("kind", ["pareto", "rounds", "grid"])
def test_there_is_no_picture_of_no_interactions(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    write(scripted_run(sandbox, tmp_path), [])
    done = sandbox("inspect", "one", "--plot", kind, "-o", "picture.png")
    assert done.code == 2
    assert f"--plot {kind}: one: no interaction is in the log yet." in done.err
    assert not (tmp_path / "picture.png").exists()


def test_the_cells_of_a_grid_are_where_their_agents_are(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    items = log(run)
    for item in items:
        item["scores"]["revision"]["alignment"]["rating"] = {2: 7, 6: 4}.get(item["agent"], 1)
    write(run, items)
    assert sandbox("inspect", "one", "--plot", "grid", "-o", "grid.png").code == 0
    assert sandbox("inspect", "one", "--plot", "grid", "-o", "grid.svg").code == 0
    ticks = [text for text in texts(tmp_path / "grid.svg") if re.fullmatch(r"[\d.]+", text)]
    assert ticks == ["0", "1", "2", "0", "1", "2", *map(str, range(1, 8))]
    low, middle, high = SCALE[0], SCALE[2], SCALE[-1]
    found = cells(tmp_path / "grid.png", 3)
    assert found[0] == [low, low, high]
    assert found[1] == [low, low, low]
    assert found[2][1:] == [low, low]
    assert {"row", "column", "alignment of the revision (1 to 7)"} <= set(texts(tmp_path / "grid.svg"))
    assert apart(found[2][0], middle) <= 2  # an even number of steps has none in the middle


def apart(one: str, other: str) -> int:
    return max(abs(int(one[at : at + 2], 16) - int(other[at : at + 2], 16)) for at in (1, 3, 5))


def test_a_grid_has_the_round_that_was_asked_for(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    assert sandbox("inspect", "one", "--plot", "grid", "--map", "0:1", "-o", "grid.svg").code == 0
    assert "change of alignment (-6 to 6)" in texts(tmp_path / "grid.svg")


def test_who_was_not_rated_is_blank_and_counted(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    items = log(run)
    for item in items:
        alignment = item["scores"]["revision"]["alignment"]
        alignment |= {"rating": 1, "missing": None} if item["agent"] else {"rating": None, "missing": "refused"}
        alignment |= {"rating": 7} if item["agent"] == 8 else {}
    write(run, items)
    for suffix in ("svg", "png"):
        assert sandbox("inspect", "one", "--plot", "grid", "-o", f"grid.{suffix}").code == 0
    told = {"run one: 3 x 3 agents, 8 of 9 rated", "row by row from the top left; who was not rated is left blank"}
    assert told <= set(texts(tmp_path / "grid.svg"))
    assert cells(tmp_path / "grid.png", 3)[0][0] == "#ffffff"
    shown = sandbox("inspect", "one", "--map", "1").out.splitlines()
    assert shown[1].endswith("A dot is an agent without a rating.")
    assert shown[-3:] == [" ·  1  1", " 1  1  1", " 1  1  7"]


@pytest.mark.parametrize("output", [None, "picture.pdf", "picture"])
def test_a_picture_needs_a_file_it_can_be_written_to(sandbox: Sandbox, tmp_path: Path, output: str | None) -> None:
    scripted_run(sandbox, tmp_path)
    done = sandbox("inspect", "one", "--plot", "rounds", *(("-o", output) if output else ()))
    assert done.code == 2
    assert "-o rounds.png or -o rounds.svg" in done.err
    wrong = sandbox("inspect", "one", "--plot", "pie", "-o", "pie.svg")
    assert wrong.code == 2
    assert "pie" in wrong.err


def test_one_run_is_drawn_by_rounds(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    scripted_run(sandbox, tmp_path, "two")
    done = sandbox("inspect", "one", "two", "--plot", "rounds", "-o", "rounds.svg")
    assert done.code == 2
    assert "--plot pareto draws several" in done.err
