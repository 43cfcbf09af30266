"""The list of runs. Knows folders and what is said of a run in a line, not what is in it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Static

from sandbox.figures.runs_list import Listed, listed_in, ordered, runs_sheet
from sandbox.inspection.browser.evaluation import Evaluations
from sandbox.inspection.browser.listing import GAP
from sandbox.inspection.browser.ratings import Ratings
from sandbox.inspection.browser.reading import Reading, Rows
from sandbox.inspection.browser.run import Rounds, texts
from sandbox.inspection.browser.watch import Watch
from sandbox.runs.reading import Run
from sandbox.sheet import LONG, Cell, Sheet
from sandbox.terminal import plain
from sandbox.text import counted

_ORDERS: Final = {
    "created": "newest first",
    "alignment": "highest alignment first",
    "cost": "dearest first",
    "size": "largest first",
}
_NAMED: Final = 3  # runs that cannot be read


class RunsFound(NamedTuple):
    """Runs that fit in order, their table, what is wrong with those that cannot be read, and all that can."""

    runs: Sequence[Listed]
    sheet: Sheet
    broken: Sequence[str]
    readable: Sequence[Listed]


class Runs(Reading[RunsFound]):
    """All runs of a folder, the newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "order", "Sort", tooltip="sort by age, alignment, cost, size"),
        Binding("t", "only('status')", "Status", tooltip="only runs of one status: the next one, then all"),
        Binding("m", "only('model')", "Model", tooltip="only runs with one model: the next one, then all"),
        Binding("e", "evaluations", "Evaluations", tooltip="the evaluations in the same folder"),
        Binding("r", "ratings", "Ratings", tooltip="the ratings in the same folder"),
    ]

    def __init__(self, runs: Path) -> None:
        super().__init__(f"Runs in {runs}")
        self._runs = runs
        self._by = "created"
        self._wanted: dict[str, str | None] = {"status": None, "model": None}
        self._found: RunsFound | None = None

    @property
    def goes_on(self) -> bool:
        """As long as any run does."""
        return self._found is not None and any(each.run.status == "running" for each in self._found.readable)

    def body(self) -> Iterable[Widget]:
        """The list, and what is to be said about it."""
        yield Static("Reading ...", id="note", classes="told", markup=False)
        yield Rows(*runs_sheet(()).columns)

    def read(self) -> RunsFound:
        """The runs, and what is wrong with those that cannot be read."""
        read, broken = listed_in(self._runs)
        fit = [each for each in read if self._fits(each.run)]
        runs = ordered(fit, self._by, reverse=False)
        return RunsFound(runs, runs_sheet(runs), broken, read)

    def present(self, found: RunsFound) -> None:
        """A row a run."""
        self._found = found
        self.say(f"{self.heading}, {_ORDERS[self._by]}")
        asked = [f"{name} {value}" for name, value in self._wanted.items() if value]
        self.query_one("#note", Static).update(_note(found, asked))
        self._fill(found)

    def on_resize(self) -> None:
        """As many columns as there is room for."""
        if self._found:
            self._fill(self._found)

    def action_order(self) -> None:
        """Sorted by the next key."""
        names = list(_ORDERS)
        self._by = names[(names.index(self._by) + 1) % len(names)]
        self.action_update()

    def action_only(self, name: str) -> None:
        """Only runs with the next status or model that there is."""
        if self._found:
            there = {trait for each in self._found.readable for trait in _traits(each.run)[name]}
            choices = [None, *sorted(there)]
            place = choices.index(self._wanted[name]) if self._wanted[name] in choices else 0
            self._wanted[name] = choices[(place + 1) % len(choices)]
            self.action_update()

    def action_evaluations(self) -> None:
        """Lists evaluations."""
        self.app.push_screen(Evaluations(self._runs))

    def action_ratings(self) -> None:
        """Lists ratings."""
        self.app.push_screen(Ratings(self._runs))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Opens the run."""
        if self._found:
            self.app.push_screen(Rounds(Watch(self._found.runs[event.cursor_row].run)))

    def _fits(self, run: Run) -> bool:
        traits = _traits(run)
        return all(value is None or value in traits[name] for name, value in self._wanted.items())

    def _fill(self, found: RunsFound) -> None:
        columns, cells = _fitting(found.sheet, self.size.width - 1)
        keys = [str(each.run.directory.path) for each in found.runs]
        self.query_one(Rows).show(list(zip(keys, cells, strict=True)), columns)


def _traits(run: Run) -> dict[str, tuple[str, ...]]:
    models = run.manifest.models
    return {"status": (run.status,), "model": (*models.agents, models.observer)}


def _note(found: RunsFound, asked: Sequence[str]) -> Text:
    of = f" of {len(found.readable)}, only {', '.join(asked)}" if asked else ""
    note = plain(f"{counted(len(found.runs), 'run')}{of}")
    if not found.readable:
        note.append(". Make one: sandbox simulate --model scripted --questions starter")
    for problem in found.broken[:_NAMED]:
        note.append_text(plain(f"\nCannot be read: {problem.splitlines()[0]}", style="bold yellow"))
    if more := len(found.broken) - _NAMED:
        note.append(f"\n{more} more cannot be read." if more > 0 else "")
    return note


def _fitting(sheet: Sheet, width: int) -> tuple[list[str], list[list[Text]]]:
    """Columns that fit, and the cells of each row: long texts are cut, then what is optional is left out."""
    rows: list[dict[str, Text]] = [dict(zip(sheet.columns, _cut(row), strict=True)) for row in sheet.rows]
    widths = {name: max(len(name), *(row[name].cell_len for row in rows), 0) + GAP for name in sheet.columns}
    columns, optional = list(sheet.columns), list(sheet.optional)
    while optional and sum(widths[name] for name in columns) > width:
        columns.remove(optional.pop())
    return [*map(sheet.heading, columns)], [[row[name] for name in columns] for row in rows]


def _cut(row: Sequence[Cell]) -> list[Text]:
    cells = texts(row)
    for cell in cells:
        cell.truncate(LONG, overflow="ellipsis")
    return cells
