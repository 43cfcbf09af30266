"""The list of ratings, and one of them beside its run's own scores. Knows tables, not how texts were rated."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from rich.console import Group, RenderableType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import DataTable, Static

from sandbox.figures.killed_rating import counted_rating
from sandbox.figures.rating import scores_sheet
from sandbox.figures.ratings_list import ListedRating, ratings_in, ratings_sheet
from sandbox.inspection.browser.reading import Reading, Rows
from sandbox.inspection.browser.run import texts
from sandbox.runs.rating.reading import Rating, read_rating
from sandbox.runs.rating.words import account, outcome
from sandbox.runs.tags import tags_told
from sandbox.terminal import plain, plain_line
from sandbox.text import counted, in_a_line

_SHEET: Final = ratings_sheet(())


class Ratings(Reading[list[ListedRating]]):
    """All ratings of a folder."""

    def __init__(self, runs: Path) -> None:
        super().__init__(f"Ratings in {runs}")
        self._runs = runs
        self._broken: list[str] = []
        self._found: Sequence[ListedRating] = ()

    def body(self) -> Iterable[Widget]:
        """The list, and what is to be said about it."""
        yield Static("Reading ...", id="note", classes="told", markup=False)
        yield Rows(*map(_SHEET.heading, _SHEET.columns))

    def read(self) -> list[ListedRating]:
        """The ratings, the newest first."""
        found, self._broken = ratings_in(self._runs)
        return found

    def present(self, found: list[ListedRating]) -> None:
        """A row a rating."""
        self._found = found
        lines = [counted(len(found), "rating"), *(f"Cannot be read: {each}" for each in self._broken[:3])]
        self.query_one("#note", Static).update(plain("\n".join(map(in_a_line, lines))))
        names = (str(each.rating.directory.path) for each in found)
        rows = zip(names, ratings_sheet(found).rows, strict=True)
        self.query_one(Rows).show([(name, texts(row)) for name, row in rows])

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Opens the rating."""
        self.app.push_screen(Scores(self._found[event.cursor_row].rating))


class Scores(Reading[RenderableType]):
    """What one rating came to."""

    def __init__(self, rating: Rating) -> None:
        super().__init__(rating.directory.name)
        self._path = rating.directory.path

    def body(self) -> Iterable[Widget]:
        """One text."""
        with VerticalScroll(id="page"):
            yield Static("Reading ...", id="tables", classes="told", markup=False)

    def read(self) -> RenderableType:
        """How it ended, and its table."""
        rating = counted_rating(read_rating(self._path))
        lines = [outcome(rating.manifest, rating.status), *account(rating.manifest), *tags_told(self._path)]
        width = self.size.width - 3  # two of padding, and the scroll bar
        return Group(*map(plain_line, lines), scores_sheet(rating).table(width))

    def present(self, found: RenderableType) -> None:
        """Shows them."""
        self.query_one("#tables", Static).update(found)
