"""Questions of an extension: rows with the columns that question files have. Knows no question set."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from sandbox.errors import UsageError, kind_in_words
from sandbox.extending.aside import ASIDE
from sandbox.extending.installed import Extension, find
from sandbox.questions.columns import Columns
from sandbox.questions.rows import Row, row
from sandbox.questions.streams import LONGEST_LINE

MOST_ROWS: Final = 10_000_000


def rows_of_extension(asked: str, columns: Columns) -> tuple[str, Iterator[Row]]:
    """Who gives the questions that `asked` names, and their rows. Raises `SandboxError`; so may the rows."""
    extension = find("sandbox.questions", asked)
    return " ".join(extension.distribution), _rows(extension, columns)


def _rows(extension: Extension, columns: Columns) -> Iterator[Row]:
    for number, fields in enumerate(_given(extension), 1):
        place = f"{extension.asked}, row {number}"
        if number > MOST_ROWS:
            raise UsageError(f"{place}: more than {MOST_ROWS:,} rows\nname a part of them")
        if not isinstance(fields, Mapping) or not all(isinstance(name, str) for name in fields):
            raise UsageError(f"{place}: found {kind_in_words(fields)}\nwanted: columns by name, such as `question`")
        if any(len(text) > LONGEST_LINE for text in fields.values() if isinstance(text, str)):
            raise UsageError(f"{place}: a text of more than {LONGEST_LINE} characters\nleave that row out")
        yield row(fields, columns.of(fields, place), place)


def _given(extension: Extension) -> Iterator[object]:
    """What the extension gives, one row at a time: a source without an end is stopped in time."""
    with extension.blamed(), ASIDE:
        rows = iter(extension.made())
    while True:
        with extension.blamed(), ASIDE:
            found = [*islice(rows, 1)]
            fields = [_plain(each) for each in found]
        if not fields:
            return
        yield fields[0]


def _plain(row: object) -> object:
    """A row of ours, which asks the extension nothing more; a tuple in it is a list, as files have it."""
    if not isinstance(row, Mapping):
        return row
    return {name: [*value] if isinstance(value, tuple) else value for name, value in row.items()}
