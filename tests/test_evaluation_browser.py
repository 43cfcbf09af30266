"""`sandbox inspect --browse` of evaluations, driven by keys: from the runs to one answer, and what is missing."""

import json
from pathlib import Path

import pytest
from browsing import drive_app, press, quick, screen
from example_evaluations import evaluation
from textual.pilot import Pilot

from sandbox.inspection.browser.app import Browser
from sandbox.runs.evaluation.reading import read_evaluation


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


@pytest.fixture
def looked_at(tmp_path: Path) -> Path:
    return evaluation(tmp_path / "runs")


def test_from_the_runs_to_an_answer_and_back(looked_at: Path) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        assert "looked-at" in await press(pilot, "e")
        numbers = await press(pilot, "enter")
        assert "looked-at  (complete)" in numbers
        assert "0.667 [0.300, 0.900]" in numbers
        shown = await press(pilot, "down", "down", "enter")
        assert "6 of 16 answers: by item" in shown
        assert "capitals/c0" not in shown
        assert r"\x1b[2J</script>" in shown
        best = await press(pilot, "s", "s")
        assert best.index("manners/m4") < best.index("manners/m1") < best.index("manners/m0")
        worst = await press(pilot, "S")
        assert worst.index("manners/m0") < worst.index("manners/m4")
        assert "Judge wise-judge: 3 (1 to 10)" in await press(pilot, "enter")
        assert "manners/m1  2 of 6" in await press(pilot, "n")
        assert "manners/m0  1 of 6" in await press(pilot, "p", "p")
        assert "3 of 16 answers: missing, by rating" in await press(pilot, "escape", "m")
        assert "1 of 16 answers: missing, failed" in await press(pilot, "f")
        assert "looked-at  (complete)" in await press(pilot, "q")
        assert "1 evaluation" in await press(pilot, "q")

    drive_app(Browser(looked_at.parent, None), steps)


@pytest.mark.slow
def test_items_are_searched_and_what_is_missing_is_told(looked_at: Path) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        assert "16 of 16 answers" in await press(pilot, "i")
        found = await press(pilot, "slash", *"perhaps", "enter")
        assert "1 of 16 answers: with 'perhaps', by item" in found
        assert "1 of 16" in await press(pilot, "slash", "escape"), "out of the search, and not of the screen"
        assert "Perhaps A, perhaps B." in await press(pilot, "q", "w")

    drive_app(Browser(looked_at.parent, read_evaluation(looked_at)), steps)


def test_an_answer_that_cannot_be_read_is_told(looked_at: Path) -> None:
    lines = (looked_at / "answers.jsonl").read_text().splitlines()
    strange = json.loads(lines[0]) | {"item": "nowhere"}
    (looked_at / "answers.jsonl").write_text(f"{json.dumps(strange)}\n")

    async def steps(pilot: Pilot[None]) -> None:
        shown = screen(pilot).replace("\n", " ")
        assert "Item 'nowhere' was answered or judged, but suite 'capitals' has no such item." in " ".join(
            shown.split()
        )

    drive_app(Browser(looked_at.parent, read_evaluation(looked_at)), steps)
