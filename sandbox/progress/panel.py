"""The live panel, and the progress line where there is no terminal. Reads accounts, changes nothing."""

import time
from typing import Final

from rich.console import RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table

from agents.limits.health import GONE_TRIES, Health
from sandbox.calls.accounts import Accounts
from sandbox.progress.events import Started
from sandbox.runs.tokens import share_cached
from sandbox.terminal import plain
from sandbox.text import duration, money

THOUGHT: Final = 8


def live_panel(event: Started) -> RenderableType:
    """Progress by stage, rate, tokens, cost, time left, retries, and the figures of the work itself."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(min_width=14)
    grid.add_column(width=28)
    grid.add_column(justify="right")
    for stage, planned in event.calls.items():
        done = min(event.accounts.calls[stage], planned)
        grid.add_row(stage.replace("_", " "), ProgressBar(planned, done, width=28), f"{done}/{planned}")
    outer = Table.grid()
    outer.add_row(grid)
    for line in _figures(event):
        outer.add_row(line)
    return Panel(outer, title=plain(event.run_id), title_align="left", expand=False)


def progress_line(event: Started) -> str:
    """The same in one line."""
    return f"{event.accounts.all_calls}/{event.all_calls} calls; " + "; ".join(_figures(event))


def _figures(event: Started) -> list[str]:
    accounts = event.accounts
    tokens = f"{accounts.prompt_tokens + accounts.completion_tokens:,} tokens"
    tokens += share_cached(accounts.cached, accounts.paid_calls)
    return [
        f"{_rate(accounts):.1f} calls/s, {_left(event)} left, {tokens}, cost {money(accounts.cost_usd)}",
        _in_flight(event),
        *event.figures(),
    ]


def _in_flight(event: Started) -> str:
    limiters = [lane.limiter for lane in event.lanes]
    on_the_wire, window = (sum(getattr(each, name) for each in limiters) for name in ("on_the_wire", "window"))
    trouble = [_trouble(lane.health) for lane in event.lanes]
    return f"{on_the_wire} calls in flight, {window} at once taken so far, {event.accounts.retries} retries" + "".join(
        trouble
    )


def _trouble(health: Health) -> str:
    if health.is_failing:
        return f", {health.failures_in_a_row} tries in a row failed"
    refused = health.refusals_in_a_row
    return f", {refused} tries in a row were refused" if refused >= GONE_TRIES else ""


def _rate(accounts: Accounts) -> float:
    if accounts.first_dispatch is None:
        return 0.0
    made = accounts.paid_calls - accounts.earlier_calls
    return made / max(time.monotonic() - accounts.first_dispatch, 0.001)


def _left(event: Started) -> str:
    """By the replies so far; a forecast counts as much as `THOUGHT` of them, so that the first correct it."""
    accounts, thought = event.accounts, THOUGHT if event.seconds else 0
    made = accounts.paid_calls - accounts.earlier_calls
    if not made + thought:
        return "?"
    began = accounts.first_dispatch
    took = time.monotonic() - began if made and began is not None else 0.0
    each = (took + thought * event.seconds) / (made + thought)
    return duration(max(event.all_calls - accounts.all_calls, 0) * each)
