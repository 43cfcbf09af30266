"""Which types of values a column of a file holds, and where each is first seen. Knows no meaning of a column."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from sandbox.checking.names import Place
from sandbox.checking.rows.reading import RowRead

# What `datasets` looks at before it settles the types of a JSON file; what comes later has to fit.
LOOKED_AT: Final = 10 << 20
MOST_COLUMNS: Final = 1000
Fit = Literal["breaks", "bends"]
EMPTY: Final = frozenset({"null", "empty list"})
_WIDER: Final = {"integer": "float", "list of integer": "list of float"}
# What Arrow takes for a point in time, where every text of a column is like it.
_LONGEST_DATE: Final = 40
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d(?::?\d\d(?::?\d\d(?:\.\d{1,9})?)?)?(?:Z|[+-]\d\d:?(?:\d\d)?)?)?")
_SIMPLE: Final[Mapping[type, str]] = {
    type(None): "null", bool: "truth value", int: "integer", float: "float", str: "text", dict: "object",
}  # fmt: skip


class Seen(NamedTuple):
    """A type in a column: how many rows, and the first of them."""

    rows: int
    first: Place
    early: bool


class ColumnTypes:
    """The types in each column of one file, row by row."""

    def __init__(self, file: str) -> None:
        self.file: Final = file
        self._counts: Final[dict[tuple[str, str], int]] = {}
        self._first: Final[dict[tuple[str, str], tuple[int, bool]]] = {}
        self._gaps: Final[dict[str, int]] = {}
        self._columns: Final[dict[str, None]] = {}
        self._worded: Final[set[str]] = set()
        self._dated: Final[dict[str, Place]] = {}
        self._begin = 0
        self.rows = 0

    def add(self, read: RowRead) -> None:
        """Look at one more row."""
        self.rows += 1
        self._begin = self._begin or read.number
        counts = self._counts
        for column, value in read.values.items():
            key = column, _SIMPLE.get(type(value)) or _type_of(value)
            if column not in self._worded and type(value) is str:
                self._look_for_date(column, value, read)
            if key in counts:
                counts[key] += 1
            elif column in self._columns or len(self._columns) < MOST_COLUMNS:
                self._meet(column, key[1], read)
        if len(read.values) < len(self._columns):
            for column in self._columns.keys() - read.values.keys() - self._gaps.keys():
                self._gaps[column] = read.number

    def _meet(self, column: str, kind: str, read: RowRead) -> None:
        if column not in self._columns and self.rows > 1:
            self._gaps[column] = self._begin
        self._columns[column] = None
        self._counts[column, kind] = 1
        self._first[column, kind] = read.number, read.offset < LOOKED_AT

    def _look_for_date(self, column: str, value: str, read: RowRead) -> None:
        if read.offset < LOOKED_AT and len(self._worded) < MOST_COLUMNS:
            if not _DATE.fullmatch(value[:_LONGEST_DATE]):
                self._worded.add(column)
            self._dated.setdefault(column, Place(self.file, read.number))

    def dates(self, column: str) -> Place | None:
        """The first text of a column in which every text is like a date, as far as `datasets` looks at it."""
        return None if column in self._worded else self._dated.get(column)

    @property
    def columns(self) -> Collection[str]:
        """Their names, in the order in which they are first seen."""
        return self._columns.keys()

    def types(self, column: str) -> dict[str, Seen]:
        """The types of that column, by name, in the order in which they are first seen."""
        found = {}
        for (name, kind), count in self._counts.items():
            if name == column:
                number, early = self._first[name, kind]
                found[kind] = Seen(count, Place(self.file, number), early)
        return found

    def absent(self) -> Iterator[tuple[str, int, Place]]:
        """Columns that not every row has, how many rows do not, and the first of them."""
        for column, number in self._gaps.items():
            missing = self.rows - sum(seen.rows for seen in self.types(column).values())
            yield column, missing, Place(self.file, number)


def _type_of(value: Any) -> str:
    if isinstance(value, list):
        inner = {_SIMPLE.get(type(element), "other") for element in value} - {"null"}
        if inner == {"integer", "float"}:
            inner = {"float"}
        return f"list of {'mixed' if len(inner) > 1 else inner.pop()}" if inner else "empty list"
    return type(value).__name__


def misfit(before: Collection[str], after: str) -> Fit | None:
    """What `datasets` does with values of type `after` in a column that it took for what it saw `before`.

    None where they fit. It makes texts of what follows texts, and truth values of integers that follow these.
    """
    known = set(before) - EMPTY
    if after in EMPTY or after in known or (_WIDER.get(after, "") in known):
        return None
    return "bends" if "text" in known or (known == {"truth value"} and after == "integer") else "breaks"
