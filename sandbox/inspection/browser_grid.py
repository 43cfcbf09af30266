"""The society on its grid in any round, or how it changed since the first. Knows keys, not how cells are found."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from sandbox.inspection.browser_interactions import Interactions
from sandbox.inspection.browser_listing import Listing
from sandbox.inspection.browser_reading import Reading
from sandbox.inspection.browser_watch import Look, Watch
from sandbox.inspection.grid_view import WIDEST, block_side, grid_text
from sandbox.inspection.run_view import map_cells
from sandbox.inspection.selection import Selection, Span
from sandbox.terminal import plain


class Grid(Reading[Look]):
    """One cell an agent, with its rating. While no round was chosen, the newest one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "turn(1)", "Next round", priority=True, tooltip="next round; the newest goes on with the run"),
        Binding("left", "turn(-1)", "Previous", priority=True, tooltip="previous round"),
        Binding("r", "turn(1, True)", "Round", tooltip="next round, and after the last the first"),
        Binding("c", "change", "Change", tooltip="change since the first round, or the round itself"),
        Binding("i,enter", "interactions", "Interactions", key_display="i", tooltip="interactions of this round"),
    ]

    def __init__(self, watch: Watch, round_: int | None = None) -> None:
        super().__init__(f"{watch.run_id} > grid")
        self._watch = watch
        self._round = round_
        self._change = False

    @property
    def goes_on(self) -> bool:
        """As long as the run does."""
        return self._watch.goes_on

    def body(self) -> Iterable[Widget]:
        """One text."""
        with VerticalScroll(id="page"):
            yield Static("Reading ...", id="grid", classes="told", markup=False)

    def read(self) -> Look:
        """The run."""
        return self._watch.look()

    def present(self, found: Look) -> None:
        """The cells of the round."""
        self.say(self.heading, found.status)
        text = self._told(found) if len(found.frame) else plain("No interaction is in the log yet.")
        self.query_one("#grid", Static).update(text)

    def action_turn(self, by: int, around: bool = False) -> None:
        """Another round."""
        if not (look := self._watch.last) or not len(look.frame):
            return
        last = _last(look)
        wanted = (last if self._round is None else self._round) + by
        wanted = wanted % (last + 1) if around else min(max(wanted, 0), last)
        self._round = None if wanted == last else wanted
        self.present(look)

    def action_change(self) -> None:
        """The change, or the round itself."""
        self._change = not self._change
        if self._watch.last:
            self.present(self._watch.last)

    def action_interactions(self) -> None:
        """Those of the round."""
        if (look := self._watch.last) and len(look.frame):
            round_ = self._shown(look)
            self.app.push_screen(Interactions(self._watch, Listing(Selection(rounds=Span(round_, round_)))))

    def _shown(self, look: Look) -> int:
        last = _last(look)
        return last if self._round is None else min(self._round, last)

    def _told(self, look: Look) -> Text:
        round_ = self._shown(look)
        title, cells, low, high = map_cells(look.run, look.frame, f"0:{round_}" if self._change else str(round_))
        size = block_side(len(cells), WIDEST)
        cell = f"mean of {size} x {size} agents" if size > 1 else "an agent"
        known = cells[~np.isnan(cells)]
        mean = f"mean {known.mean():.2f}" if known.size else "none rated"
        legend = f"a cell: {cell}; {low:g} red to {high:g} green; {mean}, {cells.size - known.size} not rated"
        head = plain(f"{title} of {_last(look)}\n{legend}\n\n")
        return head.append_text(grid_text(cells, low, high))


def _last(look: Look) -> int:
    return int(look.frame.rounds[-1])
