r"""Tables of text as rows: CSV as spreadsheets of any country write it, and TSV. Knows no file.

What separates fields is found out from the header and from nothing else: the first of the usual separators with which
it names columns that are read. A first line `sep=;` says it, too.
"""

import csv
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import Final

from sandbox.errors import UsageError
from sandbox.questions.columns import Columns, gives_questions
from sandbox.questions.rows import Row, row
from sandbox.questions.streams import LONGEST_LINE, Line

COMMA_FIRST: Final = ",;\t|"
TAB_FIRST: Final = "\t,;|"
PIECE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_SAID: Final = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)
_NAMED: Final = " (names of the columns)"
# What Python's reader says, by a part of it, and what that is.
_FAULTS: Final = {
    "NUL": "a NUL byte",
    "field larger": f"a field of more than {LONGEST_LINE} characters",
    "end of data": "a quotation mark opens a field and none closes it",
    "expected after": "a quotation mark within a field in quotes: write it twice",
    "new-line": "an end of line within a field that is not in quotes",
}
_NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def csv_rows(lines: Iterator[Line], shown: str, columns: Columns) -> Iterator[Row]:
    """Rows of a table in whose names of columns a comma is the first guess."""
    return _rows(lines, shown, columns, COMMA_FIRST)


def tsv_rows(lines: Iterator[Line], shown: str, columns: Columns) -> Iterator[Row]:
    """Rows of a table in whose names of columns a tab is the first guess."""
    return _rows(lines, shown, columns, TAB_FIRST)


def csv_fields(lines: Iterator[Line], shown: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row by the names of its columns, whatever they are called, with its place."""
    records = _records(lines, shown, Columns(), COMMA_FIRST)
    place, names = next(records, ("", []))
    if double := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"{place}{_NAMED}: more than one column {double[:40]!r}\ngive each a name of its own")
    return _even(records, names)


def begins_table(line: Line, columns: Columns) -> bool:
    """Whether `line` names columns that are read, and so is no text of its own."""
    header = next(iter(PIECE.findall(line.text)), "")
    if _SAID.fullmatch(header):
        return True
    with suppress(UsageError, csv.Error):
        separators = (_names(header, each, skipinitialspace=True) for each in COMMA_FIRST)
        return any(gives_questions(columns.known(names, line.place)) for names in separators)
    return False


def _rows(lines: Iterator[Line], shown: str, columns: Columns, separators: str) -> Iterator[Row]:
    records = _records(lines, shown, columns, separators)
    place, names = next(records, ("", []))
    if not names:
        return
    found = columns.of(names, place + _NAMED)
    for place, fields in _even(records, names):
        yield row(fields, found, place)


def _even(records: Iterator[tuple[str, list[str]]], names: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The fields by name of each record but blank ones. Raises `UsageError` where one has more of them, or fewer."""
    for place, fields in records:
        if len(fields) == len(names):
            yield place, dict(zip(names, fields, strict=True))
        elif "".join(fields).strip() or len(fields) > 1:
            raise UsageError(_uneven(len(fields), len(names), place))


def _records(lines: Iterator[Line], shown: str, columns: Columns, separators: str) -> Iterator[tuple[str, list[str]]]:
    """Each record with the place of its first line, that of the names of columns first."""
    pieces = (piece for line in lines for piece in PIECE.findall(line.text))
    skipped, header = _header(pieces)
    if said := _SAID.fullmatch(header):
        separators = said[1]
        more, header = _header(pieces)
        skipped += more + 1
    start, separator = skipped + 1, separators[0]
    try:
        separator = _separator(header, f"{shown}, line {start}{_NAMED}", columns, separators)
        blanks = any(name.startswith(" ") for name in _names(header, separator))  # then fields may begin so, too
        csv.field_size_limit(LONGEST_LINE)
        reader = csv.reader(chain([header], pieces), delimiter=separator, skipinitialspace=blanks, strict=True)
        for fields in reader:
            yield f"{shown}, line {start}", fields
            start = skipped + reader.line_num + 1
    except csv.Error as error:
        found = next((words for sign, words in _FAULTS.items() if sign in str(error)), "it is no row of a table")
        wanted = (
            f"wanted: fields with a {_NAMES.get(separator, 'separator')} between them, in quotes where they need it"
        )
        raise UsageError(f"{shown}, line {start}: {found}\n{wanted}") from error


def _header(pieces: Iterator[str]) -> tuple[int, str]:
    """How many blank lines come first, and the first line that is none."""
    return next(((number, piece) for number, piece in enumerate(pieces) if piece.strip()), (0, ""))


def _separator(header: str, place: str, columns: Columns, separators: str) -> str:
    """The separator that gives names which are read, else the one that gives the most names."""
    for separator in separators:
        if gives_questions(columns.known(_names(header, separator, skipinitialspace=True), place)):
            return separator
    return max(separators, key=lambda separator: len(_names(header, separator)))


def _names(header: str, separator: str, *, skipinitialspace: bool = False) -> list[str]:
    return next(csv.reader([header], delimiter=separator, skipinitialspace=skipinitialspace), [])


def _uneven(fields: int, names: int, place: str) -> str:
    if fields > names:
        return f"{place}: more fields than columns ({fields}, not {names})\nput a text that has a separator in quotes"
    return f"{place}: fewer fields than columns ({fields}, not {names})\nwrite every field, also an empty one"
