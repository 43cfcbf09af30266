"""How far many runs came that go on together, as a line and as a panel. Knows names and accounts of runs."""

import time
from dataclasses import dataclass, field
from typing import Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table

from sandbox.progress.events import Started
from sandbox.runs.tokens import Cached, share_cached, together
from sandbox.terminal import plain
from sandbox.text import counted, duration, money

_BAR: Final = 20  # columns
_MOST_LINES: Final = 16  # of running cells in the panel


@dataclass
class Course:
    """How far a study came: `cells` and `calls` of all of it, and what is done by now.

    `running` are the cells that are under way, by name, each as it started. Of those that ended, `made` are calls of
    this process and `paid` all calls.
    """

    name: str
    cells: int
    calls: int
    cells_done: int
    calls_done: int
    running: dict[str, Started] = field(default_factory=dict)
    made: int = 0
    paid: int = 0
    tokens: int = 0
    cached: Cached | None = None
    cost_usd: float | None = 0.0
    began: float = field(default_factory=time.monotonic)

    def ended(self, name: str) -> None:
        """The cell called so is no more under way: its accounts are added up."""
        started = self.running.pop(name, None)
        if started:
            accounts = started.accounts
            self.made += accounts.paid_calls - accounts.earlier_calls
            self.paid += accounts.paid_calls
            self.tokens += accounts.prompt_tokens + accounts.completion_tokens
            self.cached = together(self.cached, accounts.cached)
            self.cost_usd = _sum(self.cost_usd, accounts.cost_usd)
        self.cells_done += 1

    def line(self) -> str:
        """All of it in a line."""
        accounts = [each.accounts for each in self.running.values()]
        made = self.made + sum(each.paid_calls - each.earlier_calls for each in accounts)
        tokens = self.tokens + sum(each.prompt_tokens + each.completion_tokens for each in accounts)
        cost, cached, paid = self.cost_usd, self.cached, self.paid
        for each in accounts:
            cost, cached, paid = _sum(cost, each.cost_usd), together(cached, each.cached), paid + each.paid_calls
        rate = made / max(time.monotonic() - self.began, 0.001)
        left = max(self.calls - self.calls_done - made, 0)
        time_left = f"{duration(left / rate)} left" if rate else "? left"
        return (
            f"{self.cells_done} of {counted(self.cells, 'cell')} done, {len(self.running)} running; "
            f"{self.calls_done + made:,} of {self.calls:,} calls, {rate:.1f} calls/s, {time_left}, "
            f"{tokens:,} tokens{share_cached(cached, paid)}, cost {money(cost)}"
        )

    def panel(self) -> RenderableType:
        """A line for each cell that is under way, and one for all."""
        grid = Table.grid(padding=(0, 1))
        for name, started in [*self.running.items()][:_MOST_LINES]:
            done = min(started.accounts.all_calls, started.all_calls)
            bar = ProgressBar(started.all_calls, done, width=_BAR)
            grid.add_row(plain(name), bar, plain(f"{done:,}/{started.all_calls:,}"))
        more = len(self.running) - _MOST_LINES
        rest = [plain(f"and {more} more")] if more > 0 else []
        return Panel(Group(grid, *rest, plain(self.line())), title=plain(self.name), title_align="left", expand=False)


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
