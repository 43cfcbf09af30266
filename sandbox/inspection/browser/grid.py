"""The society on its grid in any round, or how it changed between any two. Knows keys, not how cells are found."""

from collections.abc import Iterable
from typing import ClassVar, Final

import numpy as np
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Static

from sandbox.figures.columns import Numbers
from sandbox.figures.selection import Selection
from sandbox.inspection.browser.interactions import Interactions, agent_interactions, agent_life
from sandbox.inspection.browser.listing import Listing
from sandbox.inspection.browser.reading import Reading
from sandbox.inspection.browser.watch import Look, Watch
from sandbox.inspection.grid_view import WIDEST, block_side, grid_text
from sandbox.inspection.run_view import map_cells
from sandbox.span import Span
from sandbox.terminal import plain

_CELL: Final = 3  # letters
_FAR: Final = 10  # agents, with Shift
_CURSOR: Final = "bold #000000 on #ffe000"  # yellow: no cell has it
_ARROWS: Final = (("up", -1, 0), ("down", 1, 0), ("left", 0, -1), ("right", 0, 1))


class Grid(Reading[Look]):
    """One cell an agent, with its rating, one of them under the cursor. While no round was chosen, the newest one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "turn(-1)", "Previous", tooltip="previous round"),
        Binding("n", "turn(1)", "Next", tooltip="next round; the newest goes on with the run"),
        Binding("r", "turn(1, True)", show=False, tooltip="next round, and after the last the first"),
        Binding("b", "base", "Base", tooltip="change from this round on; n and p turn to any other"),
        Binding("c", "change", "Change", tooltip="change since the base, or the round itself"),
        Binding("enter", "agent", "Agent", tooltip="interactions of the agent that arrows chose (Shift: 10 on)"),
        Binding("a", "life", "Life", tooltip="life and memory of the agent under the cursor"),
        Binding("i", "interactions", "Round", tooltip="interactions of this round"),
        *(
            Binding(f"{shift}{key}", f"move({rows * by}, {columns * by})", show=False, priority=True)
            for shift, by in (("", 1), ("shift+", _FAR))
            for key, rows, columns in _ARROWS
        ),
    ]

    def __init__(self, watch: Watch, round_: int | None = None) -> None:
        super().__init__(f"{watch.run_id} > grid")
        self._watch = watch
        self._round = round_
        self._base = 0
        self._change = False
        self._at = (0, 0)

    @property
    def goes_on(self) -> bool:
        """As long as the run does."""
        return self._watch.goes_on

    def body(self) -> Iterable[Widget]:
        """What the cells mean, and the cells."""
        yield Static("Reading ...", id="note", classes="told", markup=False)
        with VerticalScroll(id="page"):
            yield Static("", id="grid", markup=False)

    def read(self) -> Look:
        """The run."""
        return self._watch.look()

    def present(self, found: Look) -> None:
        """The cells of the round."""
        self.say(self.heading, found.status)
        note, cells = self._told(found) if len(found.frame) else (plain("No interaction is in the log yet."), Text())
        self.query_one("#note", Static).update(note)
        self.query_one("#grid", Static).update(cells)

    def action_turn(self, by: int, around: bool = False) -> None:
        """Another round."""
        if look := self._filled():
            last = _last(look)
            wanted = self._shown(look) + by
            wanted = wanted % (last + 1) if around else min(max(wanted, 0), last)
            self._round = None if wanted == last else wanted
            self.present(look)

    def action_base(self) -> None:
        """From now on the change from the round that is shown."""
        if look := self._filled():
            self._base, self._change = self._shown(look), True
            self.present(look)

    def action_change(self) -> None:
        """The change, or the round itself."""
        self._change = not self._change
        if look := self._filled():
            self.present(look)

    def action_move(self, rows: int, columns: int) -> None:
        """The cursor onto another agent, which is then in sight."""
        if look := self._filled():
            end = look.run.manifest.config.grid - 1
            row, column = self._at
            self._at = (min(max(row + rows, 0), end), min(max(column + columns, 0), end))
            self.present(look)
            line = Region(0, self._at[0] // block_side(end + 1, WIDEST), 1, 1)
            self.query_one(VerticalScroll).scroll_to_region(line, animate=False)

    def action_agent(self) -> None:
        """Those of the agent."""
        if look := self._filled():
            self.app.push_screen(agent_interactions(self._watch, self._agent(look)))

    def action_life(self) -> None:
        """The agent through the rounds."""
        if look := self._filled():
            self.app.push_screen(agent_life(self._watch, self._agent(look)))

    def action_interactions(self) -> None:
        """Those of the round."""
        if look := self._filled():
            round_ = self._shown(look)
            self.app.push_screen(Interactions(self._watch, Listing(Selection(rounds=Span(round_, round_)))))

    def _filled(self) -> Look | None:
        return look if (look := self._watch.last) and len(look.frame) else None

    def _shown(self, look: Look) -> int:
        last = _last(look)
        return last if self._round is None else min(self._round, last)

    def _agent(self, look: Look) -> int:
        return self._at[0] * look.run.manifest.config.grid + self._at[1]

    def _told(self, look: Look) -> tuple[Text, Text]:
        rounds = [self._base, self._shown(look)] if self._change else [self._shown(look)]
        title, cells, low, high = map_cells(look.run, look.frame, rounds)
        size = block_side(len(cells), WIDEST)
        lines = [f"{title} of {_last(look)}", _legend(cells, low, high), _of_agent(look, self._agent(look), rounds)]
        grid, wide = grid_text(cells, low, high), -(-len(cells) // size)
        begin = self._at[0] // size * (wide * _CELL + 1) + self._at[1] // size * _CELL
        grid.stylize(_CURSOR, begin, begin + _CELL)
        return plain("\n".join([*lines, ""])), grid


def _legend(cells: Numbers, low: float, high: float) -> str:
    size = block_side(len(cells), WIDEST)
    cell = f"mean of {size} x {size} agents" if size > 1 else "an agent"
    known = cells[~np.isnan(cells)]
    mean = f"mean {known.mean():.2f}" if known.size else "none rated"
    return f"a cell: {cell}; {low:g} orange to {high:g} blue; {mean}, {cells.size - known.size} not rated"


def _of_agent(look: Look, agent: int, rounds: Iterable[int]) -> str:
    """What the cursor is on."""
    side = look.run.manifest.config.grid
    ratings, labels = look.frame.ratings["revision", "alignment"], look.frame.labels
    label = f", {labels[agent]}" if agent < len(labels) and labels[agent] else ""
    places = {round_: round_ * side**2 + agent for round_ in rounds}
    told = (f"{_rating(ratings, place)} in round {round_}" for round_, place in places.items())
    return f"cursor: agent {agent} at row {agent // side}, column {agent % side}{label}: {', '.join(told)}"


def _rating(ratings: Numbers, place: int) -> str:
    return "not rated" if place >= len(ratings) or np.isnan(ratings[place]) else f"{ratings[place]:.0f}"


def _last(look: Look) -> int:
    return int(look.frame.rounds[-1])
