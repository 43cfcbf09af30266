"""Screens to read on: one interaction as a story, the tables of a run. Knows what to read, not how it is told."""

from collections.abc import Callable, Iterable
from typing import ClassVar, Final

from rich.console import RenderableType
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from sandbox.errors import SandboxError
from sandbox.inspection.browser_reading import Reading
from sandbox.inspection.browser_watch import Look, Watch
from sandbox.inspection.frame import Counts
from sandbox.inspection.prompts_sent import prompts_sent
from sandbox.inspection.records_at import records_at
from sandbox.inspection.story import interaction_story, prompts_story
from sandbox.records import Interaction

_PADDING: Final = 2
_EDGES: Final = _PADDING + 1  # and the scroll bar


class Tables(Reading[RenderableType]):
    """What `tell` tells of a run in so many columns of text; with more than there are it can be moved sideways."""

    def __init__(self, watch: Watch, name: str, tell: Callable[[Look, int], RenderableType], *, least: int = 0) -> None:
        super().__init__(f"{watch.run_id} > {name}")
        self._watch = watch
        self._tell = tell
        self._least = least

    @property
    def goes_on(self) -> bool:
        """As long as the run does."""
        return self._watch.goes_on

    def body(self) -> Iterable[Widget]:
        """One text."""
        with ScrollableContainer(id="page"):
            yield Static("Reading ...", id="tables", classes="told", markup=False)

    def on_resize(self) -> None:
        """Tables fit the screen."""
        self.action_update()

    def read(self) -> RenderableType:
        """The tables."""
        return self._tell(self._watch.look(), self._width())

    def present(self, found: RenderableType) -> None:
        """Shows them."""
        tables = self.query_one("#tables", Static)
        tables.styles.min_width = self._width() + _PADDING
        tables.update(found)

    def _width(self) -> int:
        return max(self._least, self.size.width - _EDGES)


class Story(Reading[tuple[Interaction, RenderableType]]):
    """One interaction of a list of `places`, the others a key away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "turn(1)", "Next", tooltip="next interaction of the list"),
        Binding("p", "turn(-1)", "Previous", tooltip="previous interaction of the list"),
        Binding("x", "prompts", "Prompts", tooltip="prompts as they were sent, or the story again"),
        Binding("a", "agent", "Agent", tooltip="all interactions of this agent"),
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
            told = prompts_story(list(prompts_sent(look.run, item))) if self._prompts else interaction_story(item)
            return item, told
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
