"""Reads a table once, row by row: counts what is wrong with it and keeps what its rows are compared by.

Knows files and rows; not the folder around them, and no trainer.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sandbox.checking.names import Code, Place, RowKind, TableName
from sandbox.checking.rows.column_check import check_columns, check_names, listed
from sandbox.checking.rows.columns import ColumnTypes
from sandbox.checking.rows.conversation import Keys
from sandbox.checking.rows.faults import Faults
from sandbox.checking.rows.kinds import KNOWN, RANKED, kind_of, roles
from sandbox.checking.rows.marks import Marks
from sandbox.checking.rows.measuring import UNMEASURED, Measure
from sandbox.checking.rows.order import LabelOrder, label_of
from sandbox.checking.rows.own_rules import Own, own_faults
from sandbox.checking.rows.reading import RowRead, read_rows
from sandbox.checking.rows.row_check import RowCheck, RowTexts
from sandbox.checking.rows.sameness import RowHashes, prompt_hash, row_hash
from sandbox.checking.rows.sizes import Lengths, lengths
from sandbox.export.names import Style

ReportRows = Callable[[str, int], None]  # is told a file, and how many of its rows were read

TOLD_EVERY: Final = 5000  # rows
PEEKED: Final = 100  # rows whose columns say the kind
_LONGEST: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Table:
    """Files, below `folder`, that hold the rows of a table; `inferred` if a reader of them guesses their types.

    `label` is a column that somebody reads labels from, `own` is how a folder of ours was made.
    """

    name: TableName
    folder: Path
    files: Sequence[str]
    inferred: bool
    label: str | None = None
    own: Own | None = None


@dataclass(frozen=True, slots=True)
class Scanned:
    """What reading a table showed. `style` is that of its first rows; `written` and `roles` are those of its turns.

    `unread` if some of it, or all, could not be read.
    """

    table: Table
    kind: RowKind
    style: Style | None
    rows: int
    lengths: Lengths | None
    faults: Faults
    files: Sequence[ColumnTypes]
    hashes: RowHashes
    written: Keys
    roles: frozenset[str]
    unread: bool


def peek(table: Table) -> RowKind:
    """The kind of rows, by the columns of the first of them."""
    columns: set[str] = set()
    first: Mapping[str, Any] = {}
    for file in table.files[:1]:
        for read in islice(read_rows(table.folder / file, lambda *_: None), PEEKED):
            columns |= read.values.keys()
            first = first or read.values
    return kind_of(columns, first)


def scan(table: Table, kind: RowKind, measure: Measure, progress: ReportRows) -> Scanned:
    """Read all of a table whose rows are of that kind."""
    reading = _Scan(table, kind, measure, progress)
    for file in table.files:
        reading.read(file)
    return reading.finish()


class _Scan:
    """A table that is being read."""

    def __init__(self, table: Table, kind: RowKind, measure: Measure, progress: ReportRows) -> None:
        self._table: Final = table
        self._kind: Final = kind
        self._roles: Final = roles(kind)
        self._measure: Final = measure
        self._progress: Final = progress
        self._faults: Final = Faults(table.name)
        self._check: Final = RowCheck(kind, self._faults)
        self._label: Final = table.label or self._roles.label
        self._order: Final = LabelOrder(self._faults) if self._label else None
        self._marks: Final = Marks(kind, self._faults)
        self._hashes: Final = RowHashes()
        self._reasons: Final[dict[Code, str]] = {}
        self._files: Final[list[ColumnTypes]] = []
        self._lengths: Final = array("I")
        self._style: Style | None = None

    def read(self, file: str) -> None:
        """All rows of one file."""
        columns = ColumnTypes(file)
        self._faults.file = file
        self._hashes.begin(file)
        for read in read_rows(self._table.folder / file, partial(self._unreadable, file)):
            self._faults.row = read.number
            columns.add(read)
            self._row(read)
            if columns.rows % TOLD_EVERY == 0:
                self._progress(file, columns.rows)
        self._files.append(columns)
        if self._kind != "interactions":  # whose columns may be null, and are read by no trainer
            check_columns(columns, self._roles, self._faults, inferred=self._table.inferred)

    def finish(self) -> Scanned:
        """Compare the rows, and say what was found."""
        if self._order:
            self._order.finish()
        self._marks.finish()
        rows = len(self._hashes.rows)
        self._columns()
        if not rows and not self._reasons:
            self._faults.add("no_rows", "", 1, [Place(file) for file in self._table.files])
        self._faults.add("duplicate_row", "", *self._hashes.repeated())
        self._faults.add("contradiction", "", *self._hashes.contradicted())
        measured = None if self._kind in UNMEASURED else lengths(self._lengths)
        turns = self._check.written, frozenset(self._check.speakers)
        unread = "unreadable_file" in self._reasons or not rows
        return Scanned(
            self._table, self._kind, self._style, rows, measured, self._faults, self._files, self._hashes, *turns,
            unread,
        )  # fmt: skip

    def _columns(self) -> None:
        """Which are there that need not be; of rows of no known kind, all."""
        if self._kind == "unknown" and any(file.rows for file in self._files):
            names = {column: None for file in self._files for column in file.columns}
            places = [Place(file.file) for file in self._files]
            self._faults.add("unknown_rows", f"{listed(names)} ({KNOWN})", 1, places)
        elif self._roles.required:
            named = {*self._roles.required, *self._roles.optional, self._label or ""}
            check_names(self._files, named, self._faults)

    def _unreadable(self, file: str, code: Code, row: int | None, reason: str) -> None:
        """Faults of one code are told together, with the reason of the first."""
        self._faults.add(code, self._reasons.setdefault(code, reason), 1, [Place(file, row)])

    def _row(self, read: RowRead) -> None:
        found = self._check.look(read.values)
        asked = prompt_hash(found.answers[0] if self._kind == "text" and found.answers else found.prompt)
        self._hashes.add(read.number, row_hash(read.values), asked)
        self._marks.look(read.values, found)
        self._lengths.append(min(self._measure.measured(read.values, found, self._kind, self._faults), _LONGEST))
        self._styles(found)
        if own := self._table.own:
            for code, about in own_faults(read.values, self._kind, self._table.name.part, own):
                self._faults.note(code, about)
        if self._order:
            self._labelled(read.values, found, asked)
        elif self._kind in RANKED and len(found.answers) == 2:
            self._hashes.claim_better(asked, *found.answers)

    def _labelled(self, row: Mapping[str, Any], found: RowTexts, asked: int | None) -> None:
        value = row.get(self._label or "")
        if value is None and not self._roles.label:
            self._faults.note("null_label", self._label or "")
        label = label_of(value, self._faults)
        if self._order:
            self._order.add(label, asked, hash(found.answers[0]) if found.answers else None)
        if label is not None and found.answers:
            self._hashes.claim(hash((asked, found.answers[0])), label)

    def _styles(self, found: RowTexts) -> None:
        if len(found.styles) == 1:
            (style,) = found.styles
            self._style = self._style or style
            if style != self._style:
                self._faults.note("mixed_style_rows")
