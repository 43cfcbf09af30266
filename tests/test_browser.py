"""`sandbox inspect --browse`, driven by keys at 80 x 24: real runs, also one that grows, one that is hostile."""

import contextlib
import html
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from browsing import Steps, drive_app, press, quick, screen, settle
from conftest import ROOT, Sandbox
from example_runs import SMALL, aged, scripted_run
from rich.text import Text
from textual.pilot import Pilot
from textual.widgets import Input

from sandbox.errors import UsageError
from sandbox.figures.selection import SORT_KEYS
from sandbox.inspection.browser.app import Browser, browse
from sandbox.inspection.browser.listing import COLUMNS, PAGE, Listing, read_page
from sandbox.inspection.browser.reading import Rows
from sandbox.inspection.browser.watch import Watch
from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import read_lines
from sandbox.runs.locking import lock
from sandbox.runs.reading import open_run
from sandbox.runs.records import Interaction
from sandbox.runs.settings import setting_names

ROUNDS = 3
HOSTILE = "\x1b[2J\x1b]0;owned\x07[bold red]not markup[/]\u202egnirts\u2028\x9b1m\r"
HARMLESS = r"\x1b[2J\x1b]0;owned\x07[bold red]not markup[/]\u202egnirts\u2028\x9b1m\r"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Path:
    return scripted_run(sandbox, tmp_path, rounds=ROUNDS)


def drive(run: Path | None, steps: Steps, folder: Path | None = None) -> None:
    """Open the browser on `run`, or on all runs in `folder`, and take `steps`."""
    drive_app(Browser(folder or Path("runs"), open_run(str(run), run.parent) if run else None), steps)


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
        life = await press(pilot, "a")
        assert "agent 0 through the rounds" in life
        assert "1-3 of 3 that fit: agent 0" in await press(pilot, "i")

    drive(run, steps)


def test_an_agents_life_ends_with_its_memory(run: Path) -> None:
    asked = [item.question for item in items(run).values() if item.agent == 4]

    async def steps(pilot: Pilot[None]) -> None:
        life = await press(pilot, "i", *["down"] * 4, "a")
        memory = life.partition("memory")[2]
        for question in asked:
            assert question[:20] in life
            assert question[:20] in memory
        assert "round -1 is from before the first" in await press(pilot, "end")

    drive(run, steps)


@pytest.mark.slow
def test_a_memory_that_cannot_be_read_does_not_hide_the_life(run: Path) -> None:
    (run / "memory" / "agent-000.jsonl").write_text("{\n")

    async def steps(pilot: Pilot[None]) -> None:
        life = await press(pilot, "i", "a")
        assert "agent 0 through the rounds" in life
        assert "agent-000" in life
        (run / "memory" / "agent-001.jsonl").unlink()
        assert "not saved yet" in await press(pilot, "q", "down", "a")

    drive(run, steps)


@pytest.mark.slow
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


@pytest.mark.slow
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
        orders = ["s"] * SORT_KEYS.index("alignment_gain")
        assert "27 that fit: by alignment gain, largest first" in await press(pilot, "m", *orders)
        assert gains[_first(pilot)] == max(gains.values())
        assert "27 that fit: by alignment gain, smallest first" in await press(pilot, "S")
        assert gains[_first(pilot)] == min(gains.values())

    drive(run, steps)


def _first(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(Rows).get_row_at(0)[0])


@pytest.mark.slow
def test_help_lists_the_keys(run: Path) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        titles = set()
        # The run, its grid, its interactions, one of them, an agent's life, and the last screen.
        for keys in ((), ("g",), ("q", "i"), ("enter",), ("q", "a"), ("q", "q", "v")):
            before = await press(pilot, *keys)
            titles.add(before.partition("\n")[0])
            shown = await press(pilot, "question_mark")
            assert "Keys of this screen" in shown, keys
            assert "list the keys of this screen" in shown, keys
            assert await press(pilot, "escape") == before, keys
        assert len(titles) == 6

    drive(run, steps)


def test_the_grid_changes_its_round(run: Path) -> None:
    ratings = [item.scores.revision.alignment.rating for item in items(run).values()]

    def cells(round_: int) -> str:
        return "\n".join(
            "".join(f" {rating} " for rating in ratings[round_ * 9 + row * 3 :][:3]).rstrip() for row in range(3)
        )

    async def steps(pilot: Pilot[None]) -> None:
        assert cells(0) in await press(pilot, "g")
        shown = await press(pilot, "n")
        assert "in round 1 of 2" in shown
        assert cells(1) in shown
        assert cells(0) in await press(pilot, "p", "p")
        assert cells(0) in await press(pilot, "r", "r", "r")
        assert "Change of alignment from round 0 to 2 of 2" in await press(pilot, "n", "n", "c")
        assert "1-9 of 9 that fit: round 2" in await press(pilot, "i")

    drive(run, steps)


def test_the_grid_shows_the_change_between_any_two_rounds(run: Path) -> None:
    ratings = [item.scores.revision.alignment.rating for item in items(run).values()]

    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "g")
        # Each begins in the round in which the one before it ended.
        for base, other in ((0, 2), (2, 1), (1, 2), (2, 0)):
            pairs = zip(ratings[base * 9 :][:9], ratings[other * 9 :][:9], strict=True)
            shown = await press(pilot, "b", *(["n"] * (other - base) or ["p"] * (base - other)))
            assert f"Change of alignment from round {base} to {other} of 2" in shown
            changes = [after - before for before, after in pairs]
            assert [int(figure) for line in shown.splitlines()[5:8] for figure in line.split()] == changes
            assert f"in round {base}, {ratings[other * 9]} in round {other}" in shown
            assert f"Alignment of revisions in round {other}" in await press(pilot, "c")

    drive(run, steps)


@pytest.mark.slow
def test_the_cursor_on_the_grid_opens_an_agent(run: Path) -> None:
    found = items(run)["r000-a005"]

    async def steps(pilot: Pilot[None]) -> None:
        shown = await press(pilot, "g", "down", "right", "right", "right")
        rating = found.scores.revision.alignment.rating
        assert f"agent 5 at row 1, column 2, {found.label}: {rating} in round 0" in shown
        assert _reversed(pilot) == (6, 6, f"{rating:2} ")
        assert "1-3 of 3 that fit: agent 5" in await press(pilot, "enter")
        assert "agent 5 through the rounds" in await press(pilot, "q", "a")
        assert "agent 0 at row 0, column 0" in await press(pilot, "q", "shift+up", "shift+left")

    drive(run, steps)


def _reversed(pilot: Pilot[None]) -> tuple[int, int, str]:
    """Where the cursor of the grid stands: line, column, and what is on it."""
    for line, strip in enumerate(pilot.app.screen._compositor.render_strips()):
        column = 0
        for segment in strip:
            if line > 4 and segment.style and segment.style.bgcolor and segment.style.bgcolor.name == "#ffe000":
                return line, column, segment.text
            column += len(segment.text)
    raise AssertionError("no cursor")


@pytest.mark.slow
def test_a_large_grid_keeps_its_cursor_in_sight(sandbox: Sandbox, tmp_path: Path) -> None:
    society = (*SMALL, "--grid", 25, "--rounds", 1, "--threshold", 0.1, "--run-id", "large")
    assert sandbox("simulate", *society).code == 0

    async def steps(pilot: Pilot[None]) -> None:
        shown = await press(pilot, "g", *["shift+down"] * 3, *["shift+right"] * 3)
        assert "agent 624 at row 24, column 24" in shown
        assert _reversed(pilot)[:2] == (22, 72)

    drive(tmp_path / "runs" / "large", steps)


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

    with lock(RunDirectory(run)):
        drive(run, steps)


def test_the_newest_round_on_the_grid_goes_on_with_the_run(run: Path) -> None:
    lines = (run / "interactions.jsonl").read_bytes().splitlines(keepends=True)
    manifest = (run / "manifest.json").read_text()
    (run / "manifest.json").write_text(manifest.replace('"status": "complete"', '"status": "running"'))
    (run / "interactions.jsonl").write_bytes(b"".join(lines[:9]))

    async def steps(pilot: Pilot[None]) -> None:
        assert "in round 0 of 0" in await press(pilot, "g", "p", "n")
        (run / "interactions.jsonl").write_bytes(b"".join(lines[:14]))
        pilot.app.follow()  # type: ignore[attr-defined]
        await settle(pilot)
        assert "in round 1 of 1" in screen(pilot)
        assert "4 not rated" in screen(pilot)

    with lock(RunDirectory(run)):
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


@pytest.mark.slow
def test_a_page_of_a_long_list_is_read(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.inspection.browser.listing.PAGE", 10)
    monkeypatch.setattr("sandbox.inspection.browser.interactions.PAGE", 10)

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


@pytest.mark.slow
def test_a_run_without_interactions_opens_everywhere(run: Path) -> None:
    (run / "interactions.jsonl").write_bytes(b"")

    async def steps(pilot: Pilot[None]) -> None:
        assert "0 of 27 interactions" in screen(pilot)
        assert "No interaction is in the log yet." in await press(pilot, "g")
        await press(pilot, "p", "r", "b", "c", "up", "enter", "a", "i")
        assert "None that fit" in await press(pilot, "q", "i", "enter", "l")
        assert "No interaction is in the log yet." in await press(pilot, "q", "v")

    drive(run, steps)


@pytest.mark.slow
def test_an_old_run_is_shown_and_said_to_be_old(run: Path) -> None:
    aged(run, "forecast", "prior")

    async def steps(pilot: Pilot[None]) -> None:
        shown = await press(pilot, "enter")
        assert "27 of 27 interactions in the log" in shown
        assert "Warning: one was written in schema 0" in shown
        for keys, told in ((("g",), "round 0 of 2"), (("q", "v"), "alignment by round"), (("q", "i"), "27 that fit")):
            assert told in await press(pilot, *keys)
        assert "r000-a000  1 of 27" in await press(pilot, "enter")

    drive(None, steps, run.parent)


def test_a_torn_log_is_said_to_be_torn(run: Path) -> None:
    with (run / "interactions.jsonl").open("ab") as log:
        log.write(b'{"id": "r003')

    async def steps(pilot: Pilot[None]) -> None:
        shown = " ".join(screen(pilot).split())
        assert "Warning: " in shown
        assert "its last line is torn" in shown
        assert "27 of 27 interactions in the log" in shown

    drive(run, steps)


def test_runs_that_cannot_be_read_are_named(run: Path) -> None:
    for name in ("a", "b", "c", "d"):
        (run.parent / name).mkdir()
        (run.parent / name / "manifest.json").write_text("{")
    document = json.loads((run / "manifest.json").read_text()) | {"created": "once", "run_id": "undated"}
    (run.parent / "undated").mkdir()
    (run.parent / "undated" / "manifest.json").write_text(json.dumps(document))

    async def steps(pilot: Pilot[None]) -> None:
        shown = screen(pilot)
        assert "1 run\n" in shown
        for name in ("a", "b", "c"):
            assert f"Cannot be read: {Path('runs', name, 'manifest.json')}" in shown
        assert "2 more cannot be read." in shown
        assert "27 of 27 interactions" in await press(pilot, "enter")

    drive(None, steps)


def test_the_list_of_runs_says_its_order_and_is_narrowed(run: Path, sandbox: Sandbox) -> None:
    assert sandbox("simulate", *SMALL, "--rounds", 2, "--budget-calls", 100, "--run-id", "stopped").code == 4
    name = "a-model-with-a-very-long-name-indeed-of-2026"
    document = json.loads((run / "manifest.json").read_text())
    document["models"]["agents"] = [name]
    (run / "manifest.json").write_text(json.dumps(document))

    async def steps(pilot: Pilot[None]) -> None:
        assert "Runs in runs, newest first" in screen(pilot)
        head = screen(pilot).splitlines()[2]
        assert head.split()[-1] in {*setting_names(), "cost", "age", "size"}  # whole, whichever is the last that fits
        assert "Runs in runs, highest alignment first" in await press(pilot, "s")
        shown = await press(pilot, "t")
        assert "1 run of 2, only status complete" in shown
        assert "\n stopped" not in shown
        assert "1 run of 2, only status stopped" in await press(pilot, "t")
        assert "2 runs\n" in await press(pilot, "t")
        assert f"1 run of 2, only model {name}" in await press(pilot, "m")
        assert "0 runs of 2, only status stopped, model\n" in await press(pilot, "t", "t")

    drive(None, steps)


@pytest.mark.slow
def test_a_narrow_list_leaves_out_what_says_nothing(run: Path) -> None:
    def head(pilot: Pilot[None]) -> list[str]:
        return [str(column.label) for column in pilot.app.screen.query_one(Rows).ordered_columns]

    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "i")
        assert head(pilot) == ["id", "label", "align", "engage", "question"]
        for by in SORT_KEYS[1:]:
            assert f"by {by.replace('_', ' ')}, " in await press(pilot, "s")
            more = {"disagreement": ["spread"], "missing": ["miss"]}.get(by, [])
            assert head(pilot) == ["id", "label", "align", "engage", *more, "question"]
        await pilot.resize_terminal(120, 24)
        await settle(pilot)
        assert head(pilot) == list(COLUMNS)

    drive(run, steps)


@pytest.mark.slow
def test_a_fault_ends_the_browser_with_a_sentence(run: Path) -> None:
    code, shown = on_a_terminal(run, "import sandbox.inspection.browser.watch as it; it.Watch.look = lambda _: 1 / 0")
    assert code == 1
    assert "Error: The browser ended by a fault of sandbox, ZeroDivisionError: division by zero" in shown
    assert "Traceback" not in shown
    assert "watch.py" not in shown
    code, shown = on_a_terminal(
        run, "import sandbox.inspection.browser.app as app; app.Browser.on_mount = lambda _: 1 / 0"
    )
    assert code == 1
    assert "fault of sandbox, ZeroDivisionError" in shown


@pytest.mark.slow
def test_a_fault_is_traced_for_debug(run: Path) -> None:
    fault = "import sandbox.inspection.browser.watch as it; it.Watch.look = lambda _: 1 / 0"
    assert "Traceback" in on_a_terminal(run, fault, "--debug")[1]


@pytest.mark.slow
def test_leaving_the_browser_is_no_fault(run: Path) -> None:
    leave = "import sandbox.inspection.browser.app as it; it.Browser.follow = it.Browser.exit; it.FOLLOW_SECONDS = 0.1"
    code, shown = on_a_terminal(run, leave)
    assert code == 0
    assert "Error" not in shown


def on_a_terminal(run: Path, before: str, *options: str) -> tuple[int, str]:
    """`sandbox inspect RUN --browse` on a terminal of its own, after `before`: exit code, and all that was drawn."""
    code = f"{before}\nimport sys\nfrom sandbox.cli import main\nmain()"
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code, "inspect", str(run), "--browse", *options],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "80", "LINES": "24"},
    )
    os.close(theirs)
    too_long = threading.Timer(120, process.kill)
    too_long.start()
    drawn = b""
    with contextlib.suppress(OSError):  # a terminal that nobody writes on any more
        while part := os.read(ours, 65536):
            drawn += part
    os.close(ours)
    too_long.cancel()
    return process.wait(timeout=60), " ".join(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn.decode()).split())


def test_without_a_terminal_it_says_what_to_use_instead(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Browser, "run", lambda _: pytest.fail("it started"))
    with pytest.raises(UsageError, match="Use the other views: sandbox inspect"):
        browse(run.parent, None)


def test_the_browser_is_only_loaded_when_it_is_asked_for() -> None:
    code = "import sys, sandbox.cli, sandbox.commands.inspect; assert 'textual' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


# Keys that lead from one main screen to the next, and whether docs/ has a picture of it.
SCREENS = (
    ("runs", (), False),
    ("run", ("enter",), True),
    ("summary", ("v",), False),
    ("why", ("q", "w"), False),
    ("grid", ("q", "g", "down", "right"), True),
    ("change", ("n", "b", "n", "n"), False),
    ("agent", ("a",), False),
    ("interactions", ("q", "q", "i"), False),
    ("interaction", ("enter",), True),
    ("prompts", ("x",), False),
    ("help", ("question_mark",), False),
)


@pytest.mark.slow
def test_the_main_screens_are_what_they_were(sandbox: Sandbox, tmp_path: Path) -> None:
    """Every letter at 80 x 24; `SANDBOX_SCREENSHOTS=1` writes `tests/snapshots` and the pictures in `docs/` anew."""
    society = (*SMALL, "--grid", 8, "--rounds", 6, "--threshold", 0.1, "--run-id", "example")
    assert sandbox("simulate", *society).code == 0
    _timeless(tmp_path / "runs" / "example")

    async def steps(pilot: Pilot[None]) -> None:
        for name, keys, pictured in SCREENS:
            shown = _masked(await press(pilot, *keys)) + "\n"
            picture(pilot, name, pictured)
            if SAVED:
                SNAPSHOTS.mkdir(exist_ok=True)
                (SNAPSHOTS / f"browser-{name}.txt").write_text(shown, encoding="utf-8")
            assert shown == (SNAPSHOTS / f"browser-{name}.txt").read_text(encoding="utf-8"), name
            if pictured:
                assert lines_of((ROOT / "docs" / f"browser-{name}.svg").read_text(encoding="utf-8")) == shown, name

    drive(None, steps)


def _timeless(run: Path) -> None:
    """Its seconds and bytes are those of this machine: they become the same everywhere."""
    document = json.loads((run / "manifest.json").read_text())
    document["totals"]["wall_seconds"] = 1.0
    (run / "manifest.json").write_text(json.dumps(document))


def _masked(shown: str) -> str:
    """The same without the age and the size of the run."""
    return re.sub(r"(\$0\.00) {2}\S+ +\S+ [kM]?B", r"\1  AGE  SIZE", shown)


def picture(pilot: Pilot[None], name: str, saved: bool) -> None:
    """The screen as a picture, without fonts from the network; saved where that is asked for."""
    svg = re.sub(r"@font-face \{[^}]*\}", "", pilot.app.export_screenshot(title="sandbox inspect --browse"))
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "").replace("https://www.textualize.io", "")
    if SAVED and saved:
        (ROOT / "docs").mkdir(exist_ok=True)
        (ROOT / "docs" / f"browser-{name}.svg").write_text(svg, encoding="utf-8")


def lines_of(svg: str) -> str:
    """The text of a picture of 24 lines, without its title."""
    lines = [""] * 24
    for x, line, text in re.findall(r'<text [^>]*x="([\d.]+)"[^>]*-line-(\d+)\)">([^<]*)</text>', svg):
        place = round(float(x) / 12.2)  # blanks are not drawn
        lines[int(line)] = lines[int(line)].ljust(place) + html.unescape(text).replace("\xa0", " ").rstrip("\n")
    return "".join(f"{line.rstrip()}\n" for line in lines)


SNAPSHOTS = ROOT / "tests" / "snapshots"
SAVED = os.environ.get("SANDBOX_SCREENSHOTS") == "1"  # read before the tests hide it
