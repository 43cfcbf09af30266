"""Pictures: what they draw is in them, they are the same each time, and wrong words are told."""

import re
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import mixed_run, scripted_run


@pytest.mark.parametrize("kind", ["pareto", "rounds", "grid"])
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
    texts = re.findall(r">([^<>]+)</text>", (tmp_path / "front.svg").read_text())
    assert {"one", "mixed", "Pareto-optimal", "mean engagement (1 to 7)", "mean alignment (1 to 7)"} <= set(texts)
    assert [texts.count(str(round_)) >= 2 for round_ in range(3)] == [True] * 3


def test_a_grid_has_the_round_that_was_asked_for(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    assert sandbox("inspect", "one", "--plot", "grid", "--map", "0:1", "-o", "grid.svg").code == 0
    assert "Change of alignment from round 0 to 1" in (tmp_path / "grid.svg").read_text()


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
