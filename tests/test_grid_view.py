"""The society on its grid: each agent where it stands, large grids in blocks, changes with their sign."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Sandbox
from example_runs import log, scripted_run
from rich.style import Style
from tables import table

from sandbox.inspection.grid_view import SCALE, colour, grid_text, in_blocks, ink


def test_a_cell_has_its_number_and_a_colour() -> None:
    text = grid_text(np.array([[1.0, 7.0], [np.nan, -2.0]]), -7.0, 7.0)
    assert text.plain.splitlines() == [" 1  7 ", " · -2 "]
    colours = [str(span.style.bgcolor) for span in text.spans if isinstance(span.style, Style)]
    assert len(set(colours)) == 3


def test_low_cells_are_orange_and_high_ones_blue() -> None:
    text = grid_text(np.array([[1.0, 4.0], [7.0, np.nan]]), 1.0, 7.0)
    styles = [span.style for span in text.spans if isinstance(span.style, Style)]
    assert [style.bgcolor.name for style in styles if style.bgcolor] == [SCALE[0], SCALE[2], SCALE[-1]]
    assert [style.color.name for style in styles if style.color] == ["#ffffff", "#000000", "#ffffff"]
    assert colour(0.125) == "#b55f1d"
    assert (colour(-1.0), colour(2.0)) == (SCALE[0], SCALE[-1])


@table("share", np.linspace(0, 1, 50).tolist())
def test_figures_are_readable_on_every_cell(share: float) -> None:
    back, front = luminance(colour(share)), luminance(ink(colour(share)))
    assert (max(back, front) + 0.05) / (min(back, front) + 0.05) >= 4.5


def luminance(code: str) -> float:
    parts = [int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_blocks_are_means_of_what_is_known() -> None:
    cells = np.arange(16.0).reshape(4, 4)
    cells[0, 0] = np.nan
    assert in_blocks(cells, 2).tolist() == [[pytest.approx(10 / 3), 4.5], [10.5, 12.5]]
    assert in_blocks(cells, 4) is cells
    assert in_blocks(np.full((5, 5), 3.0), 2).shape == (2, 2)
    assert np.isnan(in_blocks(np.full((4, 4), np.nan), 2)).all()


def test_a_map_shows_a_round_or_a_change(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    ratings = [item["scores"]["revision"]["alignment"]["rating"] for item in log(run)]
    (name, cells), *_ = json.loads(sandbox("inspect", "one", "--map", "1", "--json").out)["tables"].items()
    assert name == "Alignment of revisions in round 1"
    assert [(cell["row"], cell["column"]) for cell in cells] == [divmod(agent, 3) for agent in range(9)]
    assert [cell["revision_alignment"] for cell in cells] == ratings[9:]
    (_, change), *_ = json.loads(sandbox("inspect", "one", "--map", "0:1", "--json").out)["tables"].items()
    assert [cell["alignment_change"] for cell in change] == [
        b - a for a, b in zip(ratings[:9], ratings[9:], strict=True)
    ]
    shown = sandbox("inspect", "one", "--map", "1").out.splitlines()
    assert [int(each) for line in shown[-3:] for each in line.split()] == ratings[9:]
