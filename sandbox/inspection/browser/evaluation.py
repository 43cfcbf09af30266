"""One evaluation by its numbers, and the list of evaluations. Knows which screen a key opens."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import ClassVar, Final, NamedTuple

from rich.console import Group, RenderableType
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import DataTable, Static

from sandbox.figures.evaluations_list import ListedEvaluation, evaluations_in, evaluations_sheet
from sandbox.figures.killed_evaluation import counted_evaluation
from sandbox.inspection.browser.items import Items
from sandbox.inspection.browser.listing import Row
from sandbox.inspection.browser.reading import Reading, Rows
from sandbox.inspection.browser.run import texts
from sandbox.inspection.evaluation.asked import Asked, all_asked
from sandbox.inspection.evaluation.items import why_sheets
from sandbox.inspection.evaluation.numbers import called, interval, missing_shown, numbers_of
from sandbox.inspection.evaluation.view import evaluation_lines
from sandbox.runs.evaluation.reading import Evaluation, read_evaluation
from sandbox.scores.number import Number
from sandbox.terminal import plain
from sandbox.text import counted, in_a_line

_COLUMNS: Final = ("suite", "value", "scored", "number", "missing")


class Look(NamedTuple):
    """An evaluation as it was found: its status, its numbers, its answers."""

    evaluation: Evaluation
    status: str
    numbers: Sequence[Number]
    rows: Sequence[Asked]


class EvaluationWatch:
    """Looks at one evaluation, which may still grow; as long as its logs do not, each look is the same object."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.name = evaluation.name
        self._path = evaluation.directory.path
        self._lock = Lock()
        self._seen: tuple[object, ...] = ()
        self.last: Look | None = None

    @property
    def goes_on(self) -> bool:
        """Whether it was running when it was last looked at."""
        return self.last is not None and self.last.status == "running"

    def look(self) -> Look:
        """The evaluation as it is now. Raises `SandboxError`."""
        with self._lock:
            evaluation = read_evaluation(self._path)
            status, directory = evaluation.status, evaluation.directory
            sizes = (path.stat().st_size if path.exists() else 0 for path in (directory.answers, directory.judgements))
            seen = (status, evaluation.manifest, *sizes)
            if self.last is None or seen != self._seen:
                self.last = Look(
                    counted_evaluation(evaluation), status, numbers_of(evaluation), list(all_asked(evaluation))
                )
                self._seen = seen
            return self.last


class Numbers(Reading[Look]):
    """One evaluation, a row a number."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "items", "Items", tooltip="all items; Enter lists those of one suite"),
        Binding("w", "why", "Why", tooltip="why answers and ratings are missing, with texts"),
    ]

    def __init__(self, watch: EvaluationWatch) -> None:
        super().__init__(watch.name)
        self._watch = watch

    @property
    def goes_on(self) -> bool:
        """As long as the evaluation does."""
        return self._watch.goes_on

    def body(self) -> Iterable[Widget]:
        """What the evaluation is, and its numbers."""
        yield Static("Reading ...", id="note", classes="told", markup=False)
        yield Rows(*_COLUMNS)

    def read(self) -> Look:
        """The evaluation."""
        return self._watch.look()

    def present(self, found: Look) -> None:
        """A row a number."""
        self.say(self.heading, found.status)
        lines = [*map(in_a_line, evaluation_lines(found.evaluation)), "Enter lists the items of a suite."]
        self.query_one("#note", Static).update(plain("\n".join(lines)))
        self.query_one(Rows).show([_row(place, number) for place, number in enumerate(found.numbers)])

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Lists the items of its suite."""
        if look := self._watch.last:
            self.app.push_screen(Items(self._rows, self._watch.name, look.numbers[event.cursor_row].suite))

    def action_items(self) -> None:
        """Lists all items."""
        self.app.push_screen(Items(self._rows, self._watch.name))

    def action_why(self) -> None:
        """What is missing."""
        self.app.push_screen(Missing(self._watch))

    def _rows(self) -> Sequence[Asked]:
        return self._watch.look().rows


class Missing(Reading[RenderableType]):
    """What became of answers and ratings, and what could not be read."""

    def __init__(self, watch: EvaluationWatch) -> None:
        super().__init__(f"{watch.name} > why")
        self._watch = watch

    def body(self) -> Iterable[Widget]:
        """One text."""
        with VerticalScroll(id="page"):
            yield Static("Reading ...", id="tables", classes="told", markup=False)

    def read(self) -> RenderableType:
        """The tables."""
        width = self.size.width - 3  # two of padding, and the scroll bar
        return Group(*(sheet.table(width) for sheet in why_sheets(self._watch.look().rows)))

    def present(self, found: RenderableType) -> None:
        """Shows them."""
        self.query_one("#tables", Static).update(found)


class Evaluations(Reading[list[ListedEvaluation]]):
    """All evaluations of a folder."""

    def __init__(self, runs: Path) -> None:
        super().__init__(f"Evaluations in {runs}")
        self._runs = runs
        self._broken: list[str] = []
        self._found: list[ListedEvaluation] = []

    def body(self) -> Iterable[Widget]:
        """The list, and what is to be said about it."""
        yield Static("Reading ...", id="note", classes="told", markup=False)
        yield Rows(*evaluations_sheet(()).columns)

    def read(self) -> list[ListedEvaluation]:
        """The evaluations, the newest first."""
        found, self._broken = evaluations_in(self._runs)
        return found

    def present(self, found: list[ListedEvaluation]) -> None:
        """A row an evaluation."""
        self._found = found
        lines = [counted(len(found), "evaluation"), *(f"Cannot be read: {each}" for each in self._broken[:3])]
        self.query_one("#note", Static).update(plain("\n".join(map(in_a_line, lines))))
        rows = evaluations_sheet(found).rows
        names = (str(each.evaluation.directory.path) for each in found)
        self.query_one(Rows).show([(name, texts(row)) for name, row in zip(names, rows, strict=True)])

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Opens the evaluation."""
        self.app.push_screen(Numbers(EvaluationWatch(self._found[event.cursor_row].evaluation)))


def _row(place: int, number: Number) -> Row:
    about = f"{called(number)} (baseline)" if number.baseline else called(number)
    scored = f"{number.scored}/{number.n}"
    return str(place), texts([number.suite, interval(number), scored, about, missing_shown(number)])
