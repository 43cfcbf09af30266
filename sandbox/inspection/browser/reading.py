"""What every screen of the browser does: read in a thread, show what was read, go back, list its keys.

Knows threads and keys; not what is read.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import ClassVar, Generic, TypeVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import DataTable, Footer, Static
from textual.worker import Worker

from sandbox.errors import SandboxError, of_either
from sandbox.inspection.browser.listing import Row
from sandbox.terminal import plain

Found = TypeVar("Found")

_MOVING = (
    ("arrows, PgUp, PgDn", "move; Home and End go to the ends"),
    ("enter", "open what the cursor is on"),
    ("ctrl+q", "leave the browser"),
)


class Reading(Screen[None], Generic[Found]):
    """A screen that shows what `read` finds. `read` runs in a thread, `present` on the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape", "back", "Back", key_display="q", tooltip="go back (Escape, too); leave from the first one"),
        Binding("question_mark", "help", "Help", key_display="?", tooltip="list the keys of this screen"),
        Binding("f5", "update", "Read again", show=False, tooltip="read again what is on disk"),
    ]

    def __init__(self, heading: str) -> None:
        super().__init__()
        self.heading = heading
        self._reader: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """The heading, what the screen shows, and its keys."""
        yield Static(plain(self.heading), id="heading")
        yield from self.body()
        yield Footer(compact=True, show_command_palette=False)

    def body(self) -> Iterable[Widget]:
        """What stands between heading and keys; errors are told where class `told` is."""
        raise NotImplementedError

    def read(self) -> Found:
        """Finds what is shown, in a thread. Raises `SandboxError`."""
        raise NotImplementedError

    def present(self, found: Found) -> None:
        """Shows what was found."""
        raise NotImplementedError

    @property
    def goes_on(self) -> bool:
        """Whether reading again may find more."""
        return False

    def say(self, text: str, status: str | None = None) -> None:
        """Put `text` into the heading, with the status of a run."""
        self.query_one("#heading", Static).update(plain(f"{text}  ({status})" if status else text))

    def follow(self) -> None:
        """Read again if that may find more and nothing is being read."""
        if self.goes_on and (self._reader is None or self._reader.is_finished):
            self.action_update()

    def action_update(self) -> None:
        """Read now; what was being read is not shown any more."""
        self._reader = self.run_worker(self._show, group="reading", exclusive=True)

    def action_back(self) -> None:
        """To the screen before, or out."""
        if len(self.app.screen_stack) > 2:
            self.app.pop_screen()
        else:
            self.app.exit()

    def action_help(self) -> None:
        """The keys of this screen."""
        self.app.push_screen(Help(self))

    def on_screen_resume(self) -> None:
        """The screen is shown, first or again."""
        self.action_update()

    async def _show(self) -> None:
        try:
            found = await asyncio.to_thread(self.read)
        except (SandboxError, OSError) as error:
            self.query_one(".told", Static).update(plain(of_either(error), style="bold red"))
            return
        self.present(found)


class Rows(DataTable[Text]):
    """A table whose cursor and view stay where they are while its rows change."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("home", "scroll_top", show=False),
        Binding("end", "scroll_bottom", show=False),
    ]

    def __init__(self, *columns: str) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False)
        self._names = columns

    def on_mount(self) -> None:
        """Its columns, as texts."""
        self._head()

    @property
    def key(self) -> str | None:
        """That of the row under the cursor."""
        return self._keys()[self.cursor_row] if self.is_valid_row_index(self.cursor_row) else None

    def show(self, rows: Sequence[Row], columns: Sequence[str] | None = None) -> None:
        """Each row under its key, with other `columns` if they are given. Rows that only grew are changed in place."""
        self.call_after_refresh(self.notify_style_update)  # lines drawn before the widths of columns were known
        shown, wanted, names = self._keys(), [key for key, _ in rows], tuple(columns or self._names)
        if shown != wanted[: len(shown)] or names != self._names:
            self._replace(rows, names)
            return
        for key, cells in rows[: len(shown)]:
            self._mend(key, cells)
        for key, cells in rows[len(shown) :]:
            self.add_row(*cells, key=key)

    def choose(self, key: str) -> None:
        """Put the cursor on the row with `key`, if there is one."""
        if key in self._keys():
            self.move_cursor(row=self._keys().index(key))

    def _head(self) -> None:
        for name in self._names:
            self.add_column(plain(name))

    def _replace(self, rows: Sequence[Row], names: tuple[str, ...]) -> None:
        chosen, same = self.key, names == self._names
        self.clear(columns=not same)
        if not same:
            self._names = names
            self._head()
        for key, cells in rows:
            self.add_row(*cells, key=key)
        if chosen is not None:
            self.choose(chosen)

    def _mend(self, key: str, cells: Sequence[Text]) -> None:
        row = self.get_row_index(key)
        for column, (cell, before) in enumerate(zip(cells, self.get_row_at(row), strict=True)):
            if cell != before:
                self.update_cell_at((row, column), cell, update_width=True)  # type: ignore[arg-type]

    def _keys(self) -> list[str]:
        return [cast("str", row.key.value) for row in self.ordered_rows]


class Help(ModalScreen[None]):
    """The keys of a screen, over it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "dismiss", "Close")]

    def __init__(self, of: Screen[None]) -> None:
        super().__init__()
        self._of = of

    def compose(self) -> ComposeResult:
        """One line a key."""
        keys = [(self.app.get_key_display(key), key.tooltip or key.description) for key in _bindings(self._of)]
        lines = [f"{name:>18}  {text}" for name, text in (*_MOVING, *keys) if text]
        with VerticalScroll(id="help"):
            yield Static(plain("\n".join(["Keys of this screen (Escape closes this)", "", *lines])))


def _bindings(screen: Screen[None]) -> list[Binding]:
    kinds = [kind for kind in type(screen).__mro__ if issubclass(kind, Reading)]
    return [key for kind in kinds for key in kind.__dict__.get("BINDINGS", ()) if isinstance(key, Binding)]
