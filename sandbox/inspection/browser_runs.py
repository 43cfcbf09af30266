"""The list of runs. Knows folders and what is said of a run in a line, not what is in it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Static

from sandbox.errors import SandboxError
from sandbox.inspection.browser_reading import Reading, Rows
from sandbox.inspection.browser_run import Rounds, texts
from sandbox.inspection.browser_watch import Watch
from sandbox.inspection.runs_list import Listed, listed, ordered, runs_sheet
from sandbox.run_reading import Run, find_runs
from sandbox.terminal import plain
from sandbox.text import counted

_ORDERS: Final = ("created", "alignment", "cost", "size")


class Runs(Reading[tuple[Sequence[Listed], Sequence[str]]]):
    """All runs of a folder, the newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "order", "Sort", tooltip="sort by age, alignment, cost, size"),
    ]

    def __init__(self, runs: Path) -> None:
        super().__init__(f"Runs in {runs}")
        self._runs = runs
        self._by = 0
        self._found: dict[str, Run] = {}
        self._running = False

    @property
    def goes_on(self) -> bool:
        """As long as any run does."""
        return self._running

    def body(self) -> Iterable[Widget]:
        """The list, and what is to be said about it."""
        yield Static("Reading ...", id="note", classes="told", markup=False)
        yield Rows(*runs_sheet(()).columns)

    def read(self) -> tuple[Sequence[Listed], Sequence[str]]:
        """The runs, and what is wrong with those that cannot be read."""
        found, broken = find_runs(self._runs)
        read = []
        for run in found:
            try:
                read.append(listed(run))
            except SandboxError as error:
                broken.append(str(error))
        return ordered(read, _ORDERS[self._by], reverse=self._by == 0), broken

    def present(self, found: tuple[Sequence[Listed], Sequence[str]]) -> None:
        """A row a run."""
        runs, broken = found
        self._found = {str(each.run.directory.path): each.run for each in runs}
        self._running = any(each.run.status == "running" for each in runs)
        note = f"{counted(len(runs), 'run')}, by {_ORDERS[self._by]}"
        if broken:
            note += f"; {len(broken)} cannot be read"
        if not runs:
            note += ". Make one: sandbox simulate --model scripted --questions starter"
        self.query_one("#note", Static).update(plain(note))
        rows = runs_sheet(runs).rows
        self.query_one(Rows).show([(key, texts(row)) for key, row in zip(self._found, rows, strict=True)])

    def action_order(self) -> None:
        """Sorted by the next key."""
        self._by = (self._by + 1) % len(_ORDERS)
        self.action_update()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Opens the run."""
        self.app.push_screen(Rounds(Watch(self._found[str(event.row_key.value)])))
