"""A table of plain values under a name, and what becomes of it: a terminal's table, CSV or JSON. Knows no run."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table

from sandbox.terminal import harmless, plain
from sandbox.text import broken, written

GAP: Final = 2  # blanks between two columns of a table
EDGES: Final = 2  # and beside the first and the last
LONG: Final = 24  # what is longer may be cut
SHORTEST: Final = 12
UNLIMITED: Final = 1_000_000
DIGITS: Final = 6  # of a number in CSV; JSON has all
COARSE, FINE = 2, 4  # decimals on a terminal
SMALLEST: Final = 10**-FINE / 2  # what is less would be 0 with so many
# What spreadsheets take for the beginning of a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `count` values with its 95 % interval, which may lack though there is a mean; None is none."""

    mean: float | None
    low: float | None
    high: float | None
    count: int


Cell = str | int | float | bool | Estimate | None


@dataclass(frozen=True)
class Sheet:
    """`rows` have a cell for each of `columns`; `note` is said below, such as that rows were left out.

    Columns named in `texts` hold texts, or values as they were given, of which no digit is rounded away; those in
    `optional` may be left out of a narrow terminal. By those in `keys` a row is told from others: they get room before
    other texts, and are wrapped rather than cut. Those in `fine` are small numbers, as p is: they have four decimals,
    and what is above 0 never becomes 0. Names of columns are those of `sandbox/vocabulary/`, but for those in `called`,
    which are what somebody called a thing: they are shown as they are.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str | None = None
    texts: frozenset[str] = frozenset()
    optional: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    fine: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()

    def heading(self, column: str) -> str:
        """The name of `column` for people: in words."""
        return column if column in self.called else column.replace("_", " ")

    def document(self) -> list[dict[str, Any]]:
        """The rows as JSON objects."""
        return [dict(zip(self.columns, map(_plain_value, row), strict=True)) for row in self.rows]

    def shown(self, column: str, cell: Cell) -> str:
        """`cell`, which stands in `column`, for people."""
        if column in self.texts and isinstance(cell, float | bool):
            return written(cell)
        if column in self.fine and isinstance(cell, float) and 0 < cell < SMALLEST:
            return f"{cell:.0e}"
        return shown(cell, FINE if column in self.fine else COARSE)

    def csv(self) -> str:
        """The rows as CSV with a header; an estimate becomes four columns.

        Texts are harmless, for a spreadsheet and for a terminal that a pipe ends in; JSON has them as they are.
        """
        wide = [column for column in self.columns if any(isinstance(cell, Estimate) for cell in self._column(column))]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        headings = [name for column in self.columns for name in _headings(column, wide=column in wide)]
        writer.writerow(map(_harmless_cell, headings))
        for row in self.rows:
            cells = zip(self.columns, row, strict=True)
            writer.writerow([value for column, cell in cells for value in self._values(column, cell, wide)])
        return out.getvalue()

    def table(self, width: int | None = None) -> Table:
        """For a terminal of this width: numbers to the right, texts to the left.

        Long texts are cut or wrapped to fit; if that is not enough, `optional` columns are left out, the last first.
        """
        columns, most = self._fitting((width or UNLIMITED) - EDGES)
        table = Table(
            box=SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False, title=plain(self.name), title_justify="left"
        )
        for column in columns:
            left, key = column in self.texts, column in self.keys
            table.add_column(
                plain(self.heading(column).replace(" ", "\n")),
                justify="left" if left else "right",
                no_wrap=not key,
                overflow="fold" if key else "ellipsis",
                # rich takes what is lacking from columns that may be wrapped, down to nothing, unless they have a width
                width=most.get(column, self._width(column)) if key else None,
                max_width=most.get(column),
            )
        for row in self.rows:
            cells = dict(zip(self.columns, row, strict=True))
            texts = {column: self.shown(column, cells[column]) for column in columns}
            narrow = {key: broken(texts[key], most[key]) for key in self.keys if key in most}
            table.add_row(*(plain(text) for text in (texts | narrow).values()))
        absent = [self.heading(column) for column in self.columns if column not in columns]
        told = [self.note, f"{', '.join(absent)}: in a wider terminal, or with --csv" if absent else None]
        caption = "; ".join(filter(None, told))
        table.caption, table.caption_justify = plain(caption) if caption else None, "left"
        return table

    def _fitting(self, width: int) -> tuple[list[str], dict[str, int]]:
        """The columns that fit into `width`, and the width of those that are cut."""
        widths = {column: self._width(column) for column in self.columns}
        long = {column for column in self.texts if widths[column] > LONG}
        columns, optional = list(self.columns), list(self.optional)
        while _needed(columns, widths, long) > width and optional:
            columns.remove(optional.pop())
        if _needed(columns, widths, long) > width:
            long |= {key for key in self.keys if widths[key] > SHORTEST}
        spare = max(0, width - _needed(columns, widths, long))
        most: dict[str, int] = {}
        for column in (key for key in self.keys if key in long):
            most[column] = min(widths[column], SHORTEST + spare)
            spare -= most[column] - SHORTEST
        cut = [column for column in columns if column in long and column not in most]
        return columns, most | {column: SHORTEST + spare // len(cut) for column in cut}

    def _width(self, column: str) -> int:
        return max(cell_len(text) for text in (*self.heading(column).split(), *self._shown(column)))

    def _shown(self, column: str) -> Iterable[str]:
        return (self.shown(column, cell) for cell in self._column(column))

    def _values(self, column: str, cell: Cell, wide: Collection[str]) -> list[object]:
        """In CSV."""
        if isinstance(cell, float) and column in self.texts | self.fine:
            return [cell]
        return _values(cell, wide=column in wide)

    def _column(self, name: str) -> Iterable[Cell]:
        place = list(self.columns).index(name)
        return (row[place] for row in self.rows)


def _needed(columns: Sequence[str], widths: Mapping[str, int], long: Collection[str]) -> int:
    """The least that `columns` take: long texts are cut, nothing else is."""
    return sum(SHORTEST if column in long else widths[column] for column in columns) + GAP * (len(columns) - 1)


def shown(cell: Cell, decimals: int = COARSE) -> str:
    """For people: `4.25`, `4.25 [4.10, 4.40]`, a dash where there is none."""
    match cell:
        case None | Estimate(mean=None):
            return "-"
        case Estimate(mean, low=None):
            return f"{mean:z.{decimals}f}"
        case Estimate(mean, low, high):
            return f"{mean:z.{decimals}f} [{low:z.{decimals}f}, {high:z.{decimals}f}]"
        case bool():
            return "yes" if cell else "no"
        case float():
            return f"{cell:z.{decimals}f}"
    return " ".join(str(cell).split())


def _plain_value(cell: Cell) -> Any:
    return asdict(cell) if isinstance(cell, Estimate) else cell


def _headings(column: str, *, wide: bool) -> list[str]:
    return [column, *(f"{column}_{part}" for part in ("low", "high", "count"))] if wide else [column]


def _values(cell: Cell, *, wide: bool) -> list[object]:
    if isinstance(cell, Estimate):
        return [round(part, DIGITS) if isinstance(part, float) else part for part in astuple(cell)]
    return [cell, *([None] * 3)] if wide else [_harmless_cell(cell)]


def _harmless_cell(cell: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula stays a text."""
    if isinstance(cell, float):
        return round(cell, DIGITS)
    if not isinstance(cell, str):
        return cell
    return f"'{harmless(cell)}" if cell.startswith(_FORMULAS) else harmless(cell)
