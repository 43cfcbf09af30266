"""`sandbox inspect --browse` of ratings, driven by keys: from the runs to the scores of one, and back."""

from pathlib import Path

import pytest
from browsing import drive_app, press, quick
from conftest import Sandbox
from textual.pilot import Pilot

from sandbox.inspection.browser.app import Browser


def test_from_the_runs_to_a_rating_and_back(sandbox: Sandbox, made_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)
    for name in ("again", "cut"):
        assert sandbox("rate", "one", "--texts", 4, "--name", name).code == 0
    assert sandbox("tag", "one.again", "--add", "checked").code == 0
    (made_run.parent / "one.cut" / "manifest.json").write_text('{"kind": "rating", "schema": 1}')

    async def steps(pilot: Pilot[None]) -> None:
        listed = await press(pilot, "r")
        assert listed.split("\n")[0].startswith(" Ratings in")
        assert "one.again  complete  scripted" in listed
        assert "Cannot be read:" in listed
        scores = await press(pilot, "enter")
        assert "one.again" in scores.splitlines()[0]
        assert "tags: checked" in scores
        assert "revision  engagement" in scores
        assert "1 rating" in await press(pilot, "q")
        assert "\n 1 run\n" in await press(pilot, "q")

    drive_app(Browser(made_run.parent, None), steps)
