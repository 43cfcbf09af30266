"""Items of an evaluation: listed, searched, filtered, sorted, and one to read. Knows keys, not what they mean."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import DataTable, Input, Static

from sandbox.inspection.browser.listing import Row
from sandbox.inspection.browser.reading import Reading, Rows
from sandbox.inspection.evaluation.asked import Asked
from sandbox.inspection.evaluation.story import item_story
from sandbox.inspection.evaluation.wanted import SORTS, Wanted
from sandbox.terminal import plain

_COLUMNS: Final = ("item", "result", "missing", "answer")
_LONGEST: Final = 200  # letters of an answer that a row may need
MOST: Final = 2000  # rows; what is searched or filtered is all


class Items(Reading[Sequence[Asked]]):
    """Answers that fit, the others of a list a key away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", key_display="/", tooltip="search all texts; nothing searched shows all"),
        Binding("m", "missing", "Missing", tooltip="only what is missing or has a missing rating, or all"),
        Binding("f", "failed", "Failed", tooltip="only what failed, or all"),
        Binding("s", "order", "Sort", tooltip="in the order of the log, by category, by rating with the best first"),
        Binding("S,shift+s", "reverse", "Reverse", key_display="S", tooltip="the other way round: the worst first"),
    ]

    def __init__(self, rows: Callable[[], Sequence[Asked]], name: str, suite: str | None = None) -> None:
        super().__init__(f"{name} > items{f' of {suite}' if suite else ''}")
        self._rows = rows
        self._wanted = Wanted(suite=suite)
        self._found: Sequence[Asked] = ()
        self._of = 0

    def body(self) -> Iterable[Widget]:
        """What is listed, the list, and where a search is typed."""
        yield Static("Reading ...", id="note", classes="told", markup=False)
        yield Rows(*_COLUMNS)
        yield Input(placeholder="search in all texts, Enter to search, Escape to leave it", id="search")

    def on_mount(self) -> None:
        """The search appears when it is asked for."""
        self.query_one(Input).display = False
        self.query_one(Rows).focus()

    def read(self) -> Sequence[Asked]:
        """What fits."""
        rows = self._rows()
        self._of = len(rows)
        return self._wanted.of(rows)

    def present(self, found: Sequence[Asked]) -> None:
        """A row an answer."""
        self._found = found[:MOST]
        some = f"the first {MOST:,} of " if len(found) > MOST else ""
        note = f"{some}{len(found):,} of {self._of:,} answers: {self._wanted.words()}"
        self.query_one("#note", Static).update(plain(note))
        self.query_one(Rows).show([_row(each) for each in self._found])

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Reads the answer."""
        self.app.push_screen(ItemStory(self.heading, self._found, event.cursor_row))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Searches."""
        self._leave_search()
        self._ask(replace(self._wanted, search=event.value.strip() or None))

    def action_back(self) -> None:
        """Out of the search, or to the screen before."""
        if self.query_one(Input).display:
            self._leave_search()
        else:
            super().action_back()

    def action_search(self) -> None:
        """Asks for what to search."""
        asked = self.query_one(Input)
        asked.value = self._wanted.search or ""
        asked.display = True
        asked.focus()

    def action_missing(self) -> None:
        """Only what is missing."""
        self._ask(replace(self._wanted, missing=not self._wanted.missing))

    def action_failed(self) -> None:
        """Only what failed."""
        self._ask(replace(self._wanted, failed=not self._wanted.failed))

    def action_order(self) -> None:
        """Sorted by the next key."""
        self._ask(replace(self._wanted, by=SORTS[(SORTS.index(self._wanted.by) + 1) % len(SORTS)]))

    def action_reverse(self) -> None:
        """Sorted the other way round."""
        self._ask(replace(self._wanted, reverse=not self._wanted.reverse))

    def _ask(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self.query_one(Rows).clear()  # from the top again
        self.action_update()

    def _leave_search(self) -> None:
        self.query_one(Input).display = False
        self.query_one(Rows).focus()


class ItemStory(Reading[Asked]):
    """One answer of a list, the others a key away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "turn(1)", "Next", tooltip="next answer of the list"),
        Binding("p", "turn(-1)", "Previous", tooltip="previous answer of the list"),
    ]

    def __init__(self, heading: str, found: Sequence[Asked], at: int) -> None:
        super().__init__(heading)
        self._found = found
        self._at = at

    def body(self) -> Iterable[Widget]:
        """One text."""
        with VerticalScroll(id="page"):
            yield Static("Reading ...", id="story", classes="told", markup=False)

    def read(self) -> Asked:
        """The answer."""
        return self._found[self._at]

    def present(self, found: Asked) -> None:
        """Shows it."""
        self.say(f"{self.heading} > {found.name}  {self._at + 1:,} of {len(self._found):,}")
        self.query_one("#story", Static).update(item_story([found]))

    def action_turn(self, by: int) -> None:
        """Another answer, from its beginning."""
        if 0 <= self._at + by < len(self._found):
            self._at += by
            self.query_one(VerticalScroll).scroll_home(animate=False)
            self.action_update()


def _row(each: Asked) -> Row:
    result = each.result or ("-" if each.rating is None else f"{each.rating:g}")
    answer = " ".join((each.answer.text or "")[:_LONGEST].split())
    cells: list[Text] = [plain(part) for part in (each.name, result, each.missing or "-", answer)]
    return f"{each.name} {each.answer.sample}", cells
