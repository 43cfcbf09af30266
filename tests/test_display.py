"""What a run looks like while it goes on, and that numbers for people are right."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from agents.endpoints.scripted import Scripted
from agents.limits.limiter import Limiter
from agents.limits.retry import Outcome, Retrying
from agents.model import Message, Reply, Request, Usage
from sandbox.calls.accounts import Accounts
from sandbox.calls.lane import Lane
from sandbox.calls.prices import Prices
from sandbox.calls.turns import Turn, Turns
from sandbox.progress.display import JsonDisplay, LogDisplay, PanelDisplay
from sandbox.progress.events import Note, Started
from sandbox.progress.panel import live_panel, progress_line
from sandbox.runs.manifest import Manifest
from sandbox.simulation.progress import Progress
from sandbox.simulation.simulation import ended_as
from sandbox.text import duration, mean, money

CALLS = {"draft": 2, "feedback": 8}


def request(model: str) -> Request:
    return Request(model, (Message("user", "Why?"),), 1.0, 8, 0, None)


def accounts() -> Accounts:
    counted = Accounts(Prices.load(None))
    counted.dispatched()
    reply = Reply("hi", usage=Usage(prompt_tokens=1000, completion_tokens=500), model="gpt-4o-2024")
    counted.answered("draft", request("gpt-4o"), Outcome(reply, None, 3, 0.5))
    return counted


def progress() -> Progress:
    counted = Progress(2)
    counted.alignment.add(4, 6)
    return counted


def lane() -> Lane:
    async def there(model: str | None) -> None: ...

    return Lane("here", Retrying(Scripted(), Limiter(64)), there, Turn(Turns()))


def started() -> Started:
    return Started("one [bold]", Path("runs/one"), 2, "interactions", CALLS, accounts(), [lane()], progress().figures)


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=80, highlight=False)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())


def test_the_panel_shows_what_matters() -> None:
    console = terminal()
    console.print(live_panel(started()))
    shown = written(console)
    for part in (
        "one [bold]",
        "draft",
        "1/2",
        "0/8",
        "1,500 tokens",
        "$0.0075",
        "alignment 4.00 -> 6.00",
        "2 retries",
        "0 calls in flight, 8",
    ):
        assert part in shown, part
    assert max(map(len, shown.splitlines())) <= 80


def test_the_progress_line_says_the_same_in_one_line() -> None:
    line = progress_line(started())
    assert line.startswith("1/10 calls; ")
    assert "2 retries" in line
    assert "\n" not in line


def test_trouble_is_shown_while_it_lasts() -> None:
    event = started()
    event.lanes[0].health.failures_in_a_row = 4
    assert "in a row" not in progress_line(event)
    event.lanes[0].health.failures_in_a_row = 7
    assert "7 tries in a row failed" in progress_line(event)


def test_nothing_is_divided_by_nothing() -> None:
    nothing = Accounts(Prices.load(None))
    fresh = Started("one", Path("runs/one"), 2, "interactions", CALLS, nothing, [], Progress(2).figures)
    assert "0.0 calls/s, ? left" in progress_line(fresh)
    assert "alignment - -> -" in progress_line(fresh)


def test_a_terminal_gets_a_panel_that_goes_away() -> None:
    console = terminal()
    with PanelDisplay(console) as display:
        display.show(Note("[red]careful[/]", warning=True))
        display.show(started())
        display.stopping()
    shown = written(console)
    assert "Warning: [red]careful[/]" in shown
    assert "draft" in shown
    assert "waiting for the calls in flight" in shown
    assert console._live_stack == []  # type: ignore[attr-defined]


def test_log_lines_have_no_colours_in_a_pipe() -> None:
    console = Console(file=io.StringIO(), width=10_000, highlight=False)
    with LogDisplay(console) as display:
        display.show(Note("careful \x1b[2J", warning=True))
        display.show(started())
    assert isinstance(console.file, io.StringIO)
    assert "\x1b" not in console.file.getvalue()
    assert "Run one [bold]: 2 interactions, 10 calls, in runs/one" in console.file.getvalue()


def test_json_lines_are_json_and_notes_stay_off_them() -> None:
    stream, console = io.BytesIO(), Console(file=io.StringIO())
    with JsonDisplay(stream, console) as display:
        display.show(Note("careful", warning=True))
        display.show(started())
        display.stopping()
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["started"]
    assert isinstance(console.file, io.StringIO)
    assert "careful" in console.file.getvalue()


def test_the_end_adds_up_also_when_stopped(sandbox: Any, tmp_path: Path) -> None:
    sandbox(
        "simulate",
        "--model",
        "scripted",
        "--questions",
        "starter",
        "--embedder",
        "hash",
        "--grid",
        "3",
        "--run-id",
        "x",
    )
    manifest = Manifest.model_validate_json((tmp_path / "runs" / "x" / "manifest.json").read_bytes())
    totals = manifest.totals.model_copy(update={"complete": 4, "failed": 2, "calls_without_usage": 5, "cost_usd": None})
    stopped = manifest.model_copy(update={"status": "stopped", "stopped_by": "interrupt", "totals": totals})
    console = Console(file=io.StringIO(), width=10_000, highlight=False)
    LogDisplay(console).show(ended_as(stopped, Path("runs/x")))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "9 interactions planned = 4 complete + 2 failed + 3 not reached." in shown
    assert "stopped by interrupt" in shown
    assert "(5 calls without usage), cost unknown" in shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.04, "0.0 s"),
        (9.96, "10.0 s"),
        (48.4, "48 s"),
        (59.7, "1 min 00 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 05 min"),
    ],
)
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_money_and_means() -> None:
    assert [money(value) for value in (None, 0.0, 0.0042, 1.234)] == ["unknown", "$0.00", "$0.00420", "$1.23"]
    assert [mean(value) for value in (None, 3.456)] == ["-", "3.46"]


def test_prices_are_dated_and_unknown_is_not_zero() -> None:
    prices = Prices.load(None)
    usage = Usage(prompt_tokens=1_000_000, completion_tokens=1_000_000)
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", prices.dated)
    assert prices.cost("gpt-4o", usage) == pytest.approx(12.5)
    assert prices.cost("local", usage) == prices.cost("scripted", None) == 0.0
    assert prices.cost("unheard-of", usage) is None
    assert prices.cost("gpt-4o", None) is None
