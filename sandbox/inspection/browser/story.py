"""Screens to read on: an interaction, the tables of a run, an agent's life. Knows what to read, not how it is told."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Final

from rich.console import Group, RenderableType
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from agents.protocol import DIMENSIONS
from sandbox.errors import SandboxError
from sandbox.figures.columns import Counts
from sandbox.figures.life import life_sheet, memory_sheet
from sandbox.figures.records_at import records_at
from sandbox.inspection.browser.reading import Reading
from sandbox.inspection.browser.watch import Look, Watch
from sandbox.inspection.prompts_sent import prompts_sent
from sandbox.inspection.story import interaction_story, prompts_story
from sandbox.runs.records import Interaction
from sandbox.sheet import Cell, Sheet, shown
from sandbox.terminal import plain
from sandbox.vocabulary.names import score_columns

_EDGES: Final = 3  # two of padding, and the scroll bar
_PAIRS: Final = tuple(score_columns(dimension)[:2] for dimension in DIMENSIONS)


class Tables(Reading[RenderableType]):
    """What `tell` tells of a run in so many columns of text."""

    def __init__(self, watch: Watch, name: str, tell: Callable[[Look, int], RenderableType]) -> None:
        super().__init__(f"{watch.run_id} > {name}")
        self._watch = watch
        self._tell = tell
        self._before: tuple[Look, int, RenderableType] | None = None

    @property
    def goes_on(self) -> bool:
        """As long as the run does."""
        return self._watch.goes_on

    def body(self) -> Iterable[Widget]:
        """One text."""
        with VerticalScroll(id="page"):
            yield Static("Reading ...", id="tables", classes="told", markup=False)

    def on_resize(self) -> None:
        """Tables fit the screen."""
        self.action_update()

    def read(self) -> RenderableType:
        """The tables, told again if the run or the screen changed."""
        look, width, before = self._watch.look(), self._width(), self._before
        if before is None or before[0] is not look or before[1] != width:
            before = self._before = (look, width, self._tell(look, width))
        return before[2]

    def present(self, found: RenderableType) -> None:
        """Shows them."""
        self.query_one("#tables", Static).update(found)

    def _width(self) -> int:
        return self.size.width - _EDGES


class Life(Tables):
    """One agent through the rounds, and what it remembers; its interactions are a key away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i,enter", "interactions", "Interactions", key_display="i", tooltip="interactions of this agent"),
    ]

    def __init__(self, watch: Watch, agent: int, listing: Callable[[], Screen[None]]) -> None:
        super().__init__(watch, f"agent {agent}", lambda look, width: _life(look, width, agent))
        self._listing = listing

    def action_interactions(self) -> None:
        """Lists them."""
        self.app.push_screen(self._listing())


def _life(look: Look, width: int, agent: int) -> RenderableType:
    """A memory that cannot be read does not hide the interactions."""
    told = _short(life_sheet(look.run, look.frame, agent)).table(width)
    try:
        return Group(told, memory_sheet(look.run, agent).table(width))
    except SandboxError as error:
        return Group(told, plain(str(error), style="bold red"))


class Story(Reading[tuple[Interaction, RenderableType]]):
    """One interaction of a list of `places`, the others a key away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "turn(1)", "Next", tooltip="next interaction of the list"),
        Binding("p", "turn(-1)", "Previous", tooltip="previous interaction of the list"),
        Binding("x", "prompts", "Prompts", tooltip="prompts as they were sent, or the story again"),
        Binding("a", "agent", "Agent", tooltip="the life of this agent: its interactions, its memory"),
    ]

    def __init__(self, watch: Watch, places: Counts, at: int, open_agent: Callable[[int], None]) -> None:
        super().__init__(f"{watch.run_id} > interaction")
        self._watch = watch
        self._places = places
        self.at = at
        self._open_agent = open_agent
        self._prompts = False
        self._item: Interaction | None = None

    @property
    def place(self) -> int:
        """Where the interaction stands in the log."""
        return int(self._places[self.at])

    def body(self) -> Iterable[Widget]:
        """One text."""
        with VerticalScroll(id="page"):
            yield Static("Reading ...", id="story", classes="told", markup=False)

    def read(self) -> tuple[Interaction, RenderableType]:
        """The interaction, and how it is told."""
        look, place = self._watch.last or self._watch.look(), self.place
        for item in records_at(look.run, [place]):
            if self._prompts:
                return item, prompts_story(list(prompts_sent(look.run, item)))
            return item, interaction_story(item, look.run.manifest.config.evaluator_view)
        raise SandboxError(f"{look.run.directory.interactions}:{place + 1}: is not there any more.")

    def present(self, found: tuple[Interaction, RenderableType]) -> None:
        """Shows it, from where it was read to if it is the same."""
        self._item, told = found
        self.say(f"{self._watch.run_id} > {self._item.id}  {self.at + 1:,} of {len(self._places):,}")
        self.query_one("#story", Static).update(told)

    def action_turn(self, by: int) -> None:
        """Another interaction, from its beginning."""
        at = self.at + by
        if 0 <= at < len(self._places):
            self.at = at
            self._from_the_top()

    def action_prompts(self) -> None:
        """The prompts, or the story again."""
        self._prompts = not self._prompts
        self._from_the_top()

    def action_agent(self) -> None:
        """All that this agent did."""
        if self._item:
            self._open_agent(self._item.agent)

    def _from_the_top(self) -> None:
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self.action_update()


def _short(life: Sheet) -> Sheet:
    """The same in fewer columns, so that questions have room: draft > revision, and what failed before the question."""
    rows: list[Sequence[Cell]] = []
    for row in life.document():
        failed = f"FAILED ({row['failed_error']}) " if row["failed_error"] else ""
        pairs = [f"{shown(row[draft])} > {shown(row[revision])}" for draft, revision in _PAIRS]
        rows.append([row["round"], *pairs, row["recall_similarity"], f"{failed}{row['question']}"])
    columns = ("round", "alignment", "engagement", "recalled", "question")
    return Sheet(life.name, columns, rows, life.note, frozenset({"question"}))
