"""`sandbox inspect --browse`, driven by keys at 80 x 24: real runs, also one that grows, one that is hostile."""

import asyncio
import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from conftest import ROOT, Sandbox
from filelock import FileLock
from rich.text import Text
from textual.pilot import Pilot
from textual.widgets import Input

from sandbox.errors import UsageError
from sandbox.inspection.browser import Browser, browse
from sandbox.inspection.browser_listing import PAGE, Listing, read_page
from sandbox.inspection.browser_reading import Rows
from sandbox.inspection.browser_watch import Watch
from sandbox.json_lines import read_lines
from sandbox.records import Interaction
from sandbox.run_reading import open_run

SMALL = ("--model", "scripted", "--questions", "starter", "--embedder", "hash", "--grid", "3", "--prior-size", "5")
ROUNDS = 3
HOSTILE = "\x1b[2J\x1b]0;owned\x07[bold red]not markup[/]\u202egnirts\u2028\x9b1m\r"
HARMLESS = r"\x1b[2J\x1b]0;owned\x07[bold red]not markup[/]\u202egnirts\u2028\x9b1m\r"

Steps = Callable[[Pilot[None]], Awaitable[None]]


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Path:
    assert sandbox("simulate", *SMALL, "--rounds", ROUNDS, "--threshold", 0.1, "--run-id", "one").code == 0
    return tmp_path / "runs" / "one"


def drive(run: Path | None, steps: Steps, folder: Path | None = None) -> None:
    """Open the browser on `run`, or on all runs in `folder`, and take `steps`."""

    async def go() -> None:
        app = Browser(folder or Path("runs"), open_run(str(run), run.parent) if run else None)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await steps(pilot)

    asyncio.run(go())


async def settle(pilot: Pilot[None]) -> None:
    """Until nothing is read and everything is drawn."""
    await pilot.pause()
    while reading := [worker for worker in pilot.app.workers if not worker.is_finished]:
        await asyncio.gather(*(worker.wait() for worker in reading), return_exceptions=True)
        await pilot.pause()
    await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> str:
    """Press `keys` one by one; what is on the screen then."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)
    return screen(pilot)


def screen(pilot: Pilot[None]) -> str:
    """What is on the screen, a line a line."""
    return "\n".join(
        "".join(segment.text for segment in strip).rstrip() for strip in pilot.app.screen._compositor.render_strips()
    )


def items(run: Path) -> dict[str, Interaction]:
    return {item.id: item for item in read_lines(run / "interactions.jsonl", Interaction)}


def edit(run: Path, place: int, **fields: object) -> None:
    """Put `fields` into one interaction of the log."""
    lines = (run / "interactions.jsonl").read_text().splitlines()
    lines[place] = json.dumps(json.loads(lines[place]) | fields)
    (run / "interactions.jsonl").write_text("\n".join(lines) + "\n")


def test_from_the_runs_to_an_interaction_and_back(run: Path) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        assert "Runs in" in screen(pilot)
        assert "complete" in screen(pilot)
        assert "27 of 27 interactions in the log" in await press(pilot, "enter")
        assert "1-9 of 9 that fit: round 1" in await press(pilot, "down", "enter")
        shown = await press(pilot, "down", "down", "enter")
        assert "r001-a002  3 of 9" in shown
        assert items(run)["r001-a002"].question[:40] in shown
        assert "r001-a003  4 of 9" in await press(pilot, "n")
        assert "r001-a001  2 of 9" in await press(pilot, "p", "p")
        assert "1-9 of 9 that fit" in await press(pilot, "escape")
        assert pilot.app.screen.query_one(Rows).key == "10"  # where the reading ended
        assert "27 of 27 interactions" in await press(pilot, "q")
        assert "Runs in" in await press(pilot, "q")
        await press(pilot, "q")
        assert not pilot.app.is_running

    drive(None, steps, run.parent)


def test_a_story_ends_with_the_change_and_the_scores(run: Path) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        shown = await press(pilot, "i", "enter", "end")
        assert "Observer on the engagement of the revision" in shown
        told = await press(pilot, *["pageup"] * 4, "x")
        assert "as sent: the hash in the journal is the same" in told
        assert "Question" in await press(pilot, "x")
        assert "1-3 of 3 that fit: agent 0" in await press(pilot, "a")

    drive(run, steps)


def test_a_search_narrows_the_list(run: Path) -> None:
    edit(run, 13, draft="A quite singular XYLOPHONE.")

    async def steps(pilot: Pilot[None]) -> None:
        assert "1-27 of 27 that fit" in await press(pilot, "i")
        await press(pilot, "slash", *"xyloPhone")
        assert pilot.app.screen.query_one(Input).value == "xyloPhone"
        shown = await press(pilot, "enter")
        assert "1-1 of 1 that fit: search 'xyloPhone'" in shown
        assert "r001-a004" in shown
        assert "1-1 of 1 that fit" in await press(pilot, "slash", "escape")
        assert "1-27 of 27 that fit" in await press(pilot, "c")
        assert "1-1 of 1 that fit" in await press(pilot, "q", "slash", *"singular", "enter")

    drive(run, steps)


def test_filters_and_orders(run: Path) -> None:
    failed = {"stage": "draft", "neighbour": None, "error": "timeout"}
    edit(run, 5, failed=failed)
    rated = {place: (item.scores.draft.alignment, item.scores.revision.alignment) for place, item in items(run).items()}
    gains = {name: after.rating - before.rating for name, (before, after) in rated.items()}
    labels = [item.label for item in items(run).values()]

    async def steps(pilot: Pilot[None]) -> None:
        shown = await press(pilot, "i", "f")
        assert "1-1 of 1 that fit: failed, by round" in shown
        assert "FAILED (timeout)" in shown
        await press(pilot, "f", "g")
        assert f"of {sum(gain > 0 for gain in gains.values())} that fit: gain above 0" in screen(pilot)
        assert f"of {sum(gain < 0 for gain in gains.values())} that fit: gain below 0" in await press(pilot, "g")
        shown = await press(pilot, "g", "g", "l")
        assert f"of {labels.count('bad')} that fit: label bad" in shown
        assert f"of {labels.count('good')} that fit: label good" in await press(pilot, "l")
        assert "None that fit: missing" in await press(pilot, "l", "m")
        assert "27 that fit: by gain, largest first" in await press(pilot, "m", "s", "s")
        assert gains[_first(pilot)] == max(gains.values())
        assert "27 that fit: by gain, smallest first" in await press(pilot, "S")
        assert gains[_first(pilot)] == min(gains.values())

    drive(run, steps)


def _first(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(Rows).get_row_at(0)[0])


@pytest.mark.parametrize("keys", [(), ("g",), ("i",), ("i", "enter"), ("v",)])
def test_help_lists_the_keys(run: Path, keys: tuple[str, ...]) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        before = await press(pilot, *keys)
        shown = await press(pilot, "question_mark")
        assert "Keys of this screen" in shown
        assert "list the keys of this screen" in shown
        assert await press(pilot, "escape") == before

    drive(run, steps)


def test_the_grid_changes_its_round(run: Path) -> None:
    ratings = [item.scores.revision.alignment.rating for item in items(run).values()]

    def cells(round_: int) -> str:
        return "\n".join(
            "".join(f" {rating} " for rating in ratings[round_ * 9 + row * 3 :][:3]).rstrip() for row in range(3)
        )

    async def steps(pilot: Pilot[None]) -> None:
        assert cells(0) in await press(pilot, "g")
        shown = await press(pilot, "right")
        assert "in round 1 of 2" in shown
        assert cells(1) in shown
        assert cells(0) in await press(pilot, "left", "left")
        assert cells(0) in await press(pilot, "r", "r", "r")
        assert "Change of alignment from round 0 to 2 of 2" in await press(pilot, "right", "right", "c")
        assert "1-9 of 9 that fit: round 2" in await press(pilot, "i")

    drive(run, steps)


def test_a_running_run_is_followed(run: Path) -> None:
    lines = (run / "interactions.jsonl").read_bytes().splitlines(keepends=True)
    manifest = (run / "manifest.json").read_text()
    log = run / "interactions.jsonl"
    (run / "manifest.json").write_text(manifest.replace('"status": "complete"', '"status": "running"'))
    log.write_bytes(b"".join(lines[:12]) + lines[12][:50])  # and half a line

    async def follow(pilot: Pilot[None]) -> str:
        pilot.app.follow()  # type: ignore[attr-defined]
        await settle(pilot)
        return screen(pilot)

    async def steps(pilot: Pilot[None]) -> None:
        assert "one  (running)" in screen(pilot)
        assert "12 of 27 interactions" in screen(pilot)
        await press(pilot, "i", "down", "down", "down")
        log.write_bytes(b"".join(lines[:20]))
        assert "1-20 of 20 that fit" in await follow(pilot)
        assert pilot.app.screen.query_one(Rows).cursor_row == 3
        log.write_bytes(b"".join(lines[:25]))
        await follow(pilot)
        await press(pilot, "end", "up", "up")
        rows = pilot.app.screen.query_one(Rows)
        scrolled = rows.scroll_y
        assert scrolled > 0
        log.write_bytes(b"".join(lines[:26]))
        await follow(pilot)
        assert (rows.key, rows.scroll_y, rows.row_count) == ("22", scrolled, 26)
        assert "26 of 27 interactions" in await press(pilot, "q")
        log.write_bytes(b"".join(lines))
        assert "27 of 27 interactions" in await follow(pilot)
        (run / "manifest.json").write_text(manifest)
        assert "one  (complete)" in await follow(pilot)
        (run / "manifest.json").unlink()
        assert "27 of 27 interactions" in await follow(pilot)  # nothing is read of a run that is over

    with FileLock(run / ".lock"):
        drive(run, steps)


def test_the_newest_round_on_the_grid_goes_on_with_the_run(run: Path) -> None:
    lines = (run / "interactions.jsonl").read_bytes().splitlines(keepends=True)
    manifest = (run / "manifest.json").read_text()
    (run / "manifest.json").write_text(manifest.replace('"status": "complete"', '"status": "running"'))
    (run / "interactions.jsonl").write_bytes(b"".join(lines[:9]))

    async def steps(pilot: Pilot[None]) -> None:
        assert "in round 0 of 0" in await press(pilot, "g", "left", "right")
        (run / "interactions.jsonl").write_bytes(b"".join(lines[:14]))
        pilot.app.follow()  # type: ignore[attr-defined]
        await settle(pilot)
        assert "in round 1 of 1" in screen(pilot)
        assert "4 not rated" in screen(pilot)

    with FileLock(run / ".lock"):
        drive(run, steps)


def test_what_models_wrote_reaches_the_screen_harmless(run: Path) -> None:
    item = json.loads((run / "interactions.jsonl").read_text().splitlines()[0])
    feedback = [{**each, "reason": HOSTILE} for each in item["feedback"]]
    edit(run, 0, question=HOSTILE, draft=HOSTILE, revision=f"{HOSTILE} more", feedback=feedback)

    async def steps(pilot: Pilot[None]) -> None:
        for keys in (("i",), ("enter",), ("pagedown",), ("end",)):
            shown = await press(pilot, *keys)
            assert not any(mark in shown for mark in "\x1b\x07\u202e\u2028\x9b\r")
            assert r"\x1b[2J" in shown
        shown = " ".join((await press(pilot, "home")).split())
        assert HARMLESS in shown

    drive(run, steps)


def test_a_line_that_cannot_be_read_is_named(run: Path) -> None:
    lines = (run / "interactions.jsonl").read_bytes().splitlines(keepends=True)

    async def steps(pilot: Pilot[None]) -> None:
        (run / "interactions.jsonl").write_bytes(b"".join([lines[0], b'{"id": "[/red]"\n', *lines[2:]]))
        shown = await press(pilot, "f5")
        assert "interactions.jsonl:2: " in shown.replace("\n ", "")
        assert "one  (complete)" in shown

    drive(run, steps)


def test_a_page_of_a_long_list_is_read(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.inspection.browser_listing.PAGE", 10)
    monkeypatch.setattr("sandbox.inspection.browser_interactions.PAGE", 10)

    async def steps(pilot: Pilot[None]) -> None:
        assert "1-10 of 27" in await press(pilot, "i")
        assert "11-20 of 27" in await press(pilot, "right_square_bracket")
        assert "r001-a001" in screen(pilot)
        assert "21-27 of 27" in await press(pilot, "right_curly_bracket")
        assert "21-27 of 27" in await press(pilot, "right_square_bracket")
        assert "21 of 27" in await press(pilot, "enter")
        assert "20 of 27" in await press(pilot, "p")
        assert "11-20 of 27" in await press(pilot, "q")
        assert pilot.app.screen.query_one(Rows).key == "19"
        assert "1-10 of 27" in await press(pilot, "left_curly_bracket")

    drive(run, steps)


def test_no_more_records_are_read_than_a_page(run: Path) -> None:
    look = Watch(open_run(str(run), run.parent)).look()
    page = read_page(look, Listing(), None)
    assert len(page.items) == len(look.frame) == 27 < PAGE
    assert read_page(look, Listing(), page) is page
    assert read_page(look, Listing(page=7), page).listing.page == 0


def test_rows_drawn_before_they_were_measured_are_drawn_again(run: Path) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        rows = pilot.app.screen.query_one(Rows)
        wide = "as wide as nothing before it"
        rows.show([("0", [Text(wide), *[Text("")] * 7])])
        rows.render_line(1)
        await settle(pilot)
        assert wide in screen(pilot)

    drive(run, steps)


def test_an_empty_folder_says_how_to_make_a_run(tmp_path: Path) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        assert "0 runs" in screen(pilot)
        assert "sandbox simulate --model scripted" in screen(pilot)
        await press(pilot, "enter")

    drive(None, steps, tmp_path)


def test_a_run_without_interactions_opens_everywhere(run: Path) -> None:
    (run / "interactions.jsonl").write_bytes(b"")

    async def steps(pilot: Pilot[None]) -> None:
        assert "0 of 27 interactions" in screen(pilot)
        assert "No interaction is in the log yet." in await press(pilot, "g")
        await press(pilot, "left", "r", "c", "i")
        assert "None that fit" in await press(pilot, "q", "i", "enter", "l")
        assert "No interaction is in the log yet." in await press(pilot, "q", "v")

    drive(run, steps)


def test_without_a_terminal_it_says_what_to_use_instead(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Browser, "run", lambda _: pytest.fail("it started"))
    with pytest.raises(UsageError, match="Use the other views: sandbox inspect"):
        browse(run.parent, None)


def test_the_browser_is_only_loaded_when_it_is_asked_for() -> None:
    code = "import sys, sandbox.cli, sandbox.command_inspect; assert 'textual' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_screenshots(sandbox: Sandbox, tmp_path: Path) -> None:
    """The main screens as pictures; `SANDBOX_SCREENSHOTS=1` puts them into `docs/`."""
    society = (*SMALL, "--grid", 8, "--rounds", 6, "--threshold", 0.1, "--run-id", "example")
    assert sandbox("simulate", *society).code == 0
    run = tmp_path / "runs" / "example"

    async def steps(pilot: Pilot[None]) -> None:
        assert "Mean of drafts > mean of revisions" in picture(pilot, "run")
        await press(pilot, "g")
        assert "Alignment of revisions in round 0 of 5" in picture(pilot, "grid")
        await press(pilot, "q", "i", "enter")
        assert items(run)["r000-a000"].question[:50] in picture(pilot, "interaction")

    drive(run, steps)


def picture(pilot: Pilot[None], name: str) -> str:
    """Saves the screen where that is asked for, without fonts from the network; the words in it."""
    svg = re.sub(r"@font-face \{[^}]*\}", "", pilot.app.export_screenshot(title="sandbox inspect --browse"))
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "").replace("https://www.textualize.io", "")
    if SAVED:
        (ROOT / "docs").mkdir(exist_ok=True)
        (ROOT / "docs" / f"browser-{name}.svg").write_text(svg, encoding="utf-8")
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", svg)).split())


SAVED = os.environ.get("SANDBOX_SCREENSHOTS") == "1"  # read before the tests hide it
