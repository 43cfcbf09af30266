"""One run by its rounds. Knows which screen a key opens, not what the others do."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final, NamedTuple

from rich.console import Group, RenderableType
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Static

from sandbox.figures.reasons import examples, examples_sheet, why_sheets
from sandbox.figures.selection import Selection
from sandbox.figures.summary import accounts_sheet, round_sheets
from sandbox.inspection.browser.grid import Grid
from sandbox.inspection.browser.interactions import Interactions
from sandbox.inspection.browser.listing import Listing, Row
from sandbox.inspection.browser.reading import Reading, Rows
from sandbox.inspection.browser.story import Tables
from sandbox.inspection.browser.watch import Look, Watch
from sandbox.inspection.run_view import summary_sheets, summary_view
from sandbox.inspection.story import replies_story
from sandbox.runs.adapters import who_taught
from sandbox.runs.words import outcome
from sandbox.sheet import Cell, Estimate, Sheet, shown
from sandbox.span import Span
from sandbox.terminal import plain
from sandbox.text import in_a_line

_COLUMNS: Final = ("round", "alignment", "gain", "engagement", "gain", "missing", "failed", "recall")


class Figures(NamedTuple):
    """A run, and its table of rounds."""

    look: Look
    rows: Sequence[Row]


class Rounds(Reading[Figures]):
    """One run, a row a round."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "interactions", "Interactions", tooltip="all interactions; Enter lists those of one round"),
        Binding("slash", "interactions(True)", "Search", key_display="/", tooltip="search in all interactions"),
        Binding("g", "grid", "Grid", tooltip="the society on its grid, in the round under the cursor"),
        Binding("v", "summary", "Summary", tooltip="all figures, with their 95 % intervals"),
        Binding("w", "why", "Why", tooltip="why rows and ratings are missing, with examples"),
    ]

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch.run_id)
        self._watch = watch
        self._figures: Figures | None = None

    @property
    def goes_on(self) -> bool:
        """As long as the run does."""
        return self._watch.goes_on

    def body(self) -> Iterable[Widget]:
        """What the run is, and its rounds."""
        yield Static("Reading ...", id="note", classes="told", markup=False)
        yield Rows(*_COLUMNS)

    def read(self) -> Figures:
        """The run and its rounds."""
        look, before = self._watch.look(), self._figures
        return before if before and before.look is look else Figures(look, list(_rounds(look)))

    def present(self, found: Figures) -> None:
        """A row a round."""
        self._figures = found
        self.say(self.heading, found.look.status)
        self.query_one("#note", Static).update(_note(found.look))
        self.query_one(Rows).show(found.rows)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Lists the interactions of the round."""
        round_ = int(str(event.row_key.value))
        self.app.push_screen(Interactions(self._watch, Listing(Selection(rounds=Span(round_, round_)))))

    def action_interactions(self, searching: bool = False) -> None:
        """Lists all interactions."""
        screen = Interactions(self._watch, Listing())
        self.app.push_screen(screen)
        if searching:
            screen.call_after_refresh(screen.action_search)

    def action_grid(self) -> None:
        """The grid of this round."""
        rows = self.query_one(Rows)
        newest = rows.cursor_row == rows.row_count - 1
        self.app.push_screen(Grid(self._watch, None if newest or rows.key is None else int(rows.key)))

    def action_summary(self) -> None:
        """All figures."""
        self.app.push_screen(Tables(self._watch, "summary", _summary))

    def action_why(self) -> None:
        """What is missing."""
        self.app.push_screen(Tables(self._watch, "why", _why))


def _rounds(look: Look) -> Iterator[Row]:
    alignment, engagement = round_sheets(look.frame)
    for one, other, accounts in zip(alignment.rows, engagement.rows, accounts_sheet(look.frame).rows, strict=True):
        round_, _, failed, missing, recall = accounts
        yield str(round_), texts([round_, *_means(one), *_means(other), missing, failed, recall], right=True)


def _means(row: Sequence[Cell]) -> tuple[str, str]:
    draft, revision, gain = (cell.mean if isinstance(cell, Estimate) else None for cell in row[1:4])
    return f"{shown(draft)} > {shown(revision)}", "-" if gain is None else f"{gain:+.2f}"


def _about(look: Look) -> Iterator[str]:
    manifest = look.run.manifest
    side, rounds = manifest.config.grid, manifest.config.rounds
    yield outcome(manifest, look.status)
    yield f"{side} x {side} agents, {len(look.frame):,} of {side**2 * rounds:,} interactions in the log"
    yield f"agents: {', '.join(manifest.models.agents) or 'unknown'}; observer: {manifest.models.observer}"
    yield from who_taught(manifest.adapters)
    yield "Mean of drafts > mean of revisions. Enter lists the interactions of a round."


def _note(look: Look) -> Text:
    note = plain("\n".join(map(in_a_line, _about(look))))
    for warning in look.warnings:
        note.append_text(plain(f"\nWarning: {warning}", style="bold yellow"))
    return note


def texts(row: Sequence[Cell], *, right: bool = False) -> list[Text]:
    """A row of a sheet for a screen."""
    found = [plain(shown(cell)) for cell in row]
    for text in found:
        text.justify = "right" if right else None
    return found


def _summary(look: Look, width: int) -> RenderableType:
    head = next(summary_view(look.run, look.frame))
    if not len(look.frame):
        return Group(head, plain("No interaction is in the log yet."))
    sheets = (each for each in summary_sheets(look.frame) if each.columns[0] == "round" or len(each.rows) > 1)
    return Group(head, *(sheet.table(width) for sheet in sheets))


def _why(look: Look, width: int) -> RenderableType:
    found = examples(look.run, look.frame)
    told = (_upright(each) if each.name == "ratings" else each for each in why_sheets(look.run, look.frame))
    sheets = (*told, examples_sheet(found))
    return Group(*(sheet.table(width) for sheet in sheets if sheet.rows), replies_story(found))


def _upright(sheet: Sheet) -> Sheet:
    """A column for each of its rows: what has many columns and few rows fits a narrow screen that way."""
    columns = (sheet.columns[0], *(str(row[0]) for row in sheet.rows))
    named = enumerate(map(sheet.heading, sheet.columns))
    rows = [[name, *(row[place] for row in sheet.rows)] for place, name in named if place]
    return Sheet(sheet.name, columns, rows, sheet.note, frozenset(columns[:1]))
