"""The list of interactions: searched, filtered, sorted, in pages. Knows keys; `Listing` knows what they mean."""

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Input, Static

from sandbox.figures.selection import Selection
from sandbox.inspection.browser.listing import COLUMNS, PAGE, Listing, Page, read_page
from sandbox.inspection.browser.reading import Reading, Rows
from sandbox.inspection.browser.story import Life, Story
from sandbox.inspection.browser.watch import Watch
from sandbox.span import Span
from sandbox.terminal import plain


class Interactions(Reading[Page]):
    """Interactions that fit, with what they were rated."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", key_display="/", tooltip="search all texts; nothing searched shows all"),
        Binding("l", "label", "Label", tooltip="only one label: the next one, then all"),
        Binding("m", "flag('missing')", "Missing", tooltip="only interactions with missing ratings, or all"),
        Binding("f", "flag('failed')", "Failed", tooltip="only failed interactions, or all"),
        Binding("g", "gain", "Gain", tooltip="only gains of alignment above 0, below 0, of 0, then all"),
        Binding("s", "order", "Sort", tooltip="sort by the next column"),
        Binding("S,shift+s", "reverse", "Reverse", show=False, key_display="S", tooltip="the other way round"),
        Binding("left_square_bracket", "page(-1)", "Page", key_display="[", tooltip=f"the {PAGE} before"),
        Binding("right_square_bracket", "page(1)", "Page", key_display="]", tooltip=f"the {PAGE} after"),
        Binding("left_curly_bracket", "page(-1000000)", show=False, key_display="{", tooltip="the first page"),
        Binding("right_curly_bracket", "page(1000000)", show=False, key_display="}", tooltip="the last page"),
        Binding("c", "all", "All", show=False, tooltip="clear search and filters"),
        Binding("a", "life", "Agent", show=False, tooltip="life and memory of the agent under the cursor"),
    ]

    def __init__(self, watch: Watch, listing: Listing) -> None:
        super().__init__(f"{watch.run_id} > interactions")
        self._watch = watch
        self._listing = listing
        self._page: Page | None = None
        self._story: Story | None = None

    @property
    def goes_on(self) -> bool:
        """As long as the run does."""
        return self._watch.goes_on

    def body(self) -> Iterable[Widget]:
        """What is listed, the list, and where a search is typed."""
        yield Static("Reading ...", id="note", classes="told", markup=False)
        yield Rows(*COLUMNS)
        yield Input(placeholder="search in all texts, Enter to search, Escape to leave it", id="search")

    def on_mount(self) -> None:
        """The search appears when it is asked for."""
        self.query_one(Input).display = False
        self.query_one(Rows).focus()

    def read(self) -> Page:
        """The page of the listing."""
        return read_page(self._watch.look(), self._listing, self._page)

    def present(self, found: Page) -> None:
        """Shows it, its cursor where it was, or on what was read since."""
        rows = self.query_one(Rows)
        if self._page and found.listing != self._page.listing:
            rows.clear()
        self._page, self._listing = found, found.listing
        self.say(self.heading, found.look.status)
        self._fill(found)
        if self._story:
            rows.choose(str(self._story.place))
            self._story = None

    def on_resize(self) -> None:
        """Questions are cut to what room there is."""
        if self._page:
            self._fill(self._page)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Reads the interaction; the others of the list are a key away."""
        if self._page:
            at = self._page.first + event.cursor_row
            self._story = Story(self._watch, self._page.places, at, self._open_agent)
            self.app.push_screen(self._story)

    def on_screen_resume(self) -> None:
        """Shows the page of what was read last."""
        if self._story:
            self._listing = replace(self._listing, page=self._story.at // PAGE)
        super().on_screen_resume()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Searches."""
        self._leave_search()
        self._ask(self._listing.asking(search=event.value.strip() or None))

    def action_back(self) -> None:
        """Out of the search, or to the screen before."""
        if self.query_one(Input).display:
            self._leave_search()
        else:
            super().action_back()

    def action_search(self) -> None:
        """Asks for what to search."""
        asked = self.query_one(Input)
        asked.value = self._listing.selection.search or ""
        asked.display = True
        asked.focus()

    def action_label(self) -> None:
        """Only the next label."""
        if self._page:
            self._ask(self._listing.next_label(sorted({each for each in self._page.look.frame.labels if each})))

    def action_flag(self, name: str) -> None:
        """Only those missing a rating, or failed."""
        self._ask(self._listing.asking(**{name: not getattr(self._listing.selection, name)}))

    def action_gain(self) -> None:
        """Only gains of the next kind."""
        self._ask(self._listing.next_gain())

    def action_order(self) -> None:
        """Sorted by the next key."""
        self._ask(self._listing.next_order())

    def action_reverse(self) -> None:
        """Sorted the other way round."""
        self._ask(replace(self._listing, reverse=not self._listing.reverse, page=0))

    def action_page(self, by: int) -> None:
        """Another page; beyond the ends stands the first or the last."""
        self._ask(replace(self._listing, page=max(0, self._listing.page + by)))

    def action_all(self) -> None:
        """Everything, in the same order."""
        self._ask(Listing(by=self._listing.by, reverse=self._listing.reverse))

    def action_life(self) -> None:
        """The agent of the interaction under the cursor."""
        if self._page and (key := self.query_one(Rows).key):
            self._open_agent(int(self._page.look.frame.agents[int(key)]))

    def _open_agent(self, agent: int) -> None:
        self.app.push_screen(agent_life(self._watch, agent))

    def _ask(self, listing: Listing) -> None:
        self._listing = listing
        self.query_one("#note", Static).update(plain("Reading ..."))
        self.action_update()

    def _fill(self, page: Page) -> None:
        count, last = len(page.places), page.first + len(page.items)
        shown = f"{page.first + 1:,}-{last:,} of {count:,}" if count else "None"
        self.query_one("#note", Static).update(plain(f"{shown} that fit: {page.listing.words()}"))
        columns, shown_rows = page.table(self.size.width - 1)
        self.query_one(Rows).show(shown_rows, columns)

    def _leave_search(self) -> None:
        self.query_one(Input).display = False
        self.query_one(Rows).focus()


def agent_interactions(watch: Watch, agent: int) -> Interactions:
    """All interactions of one agent."""
    return Interactions(watch, Listing(Selection(agents=Span(agent, agent))))


def agent_life(watch: Watch, agent: int) -> Life:
    """One agent through the rounds, its interactions a key away."""
    return Life(watch, agent, lambda: agent_interactions(watch, agent))
