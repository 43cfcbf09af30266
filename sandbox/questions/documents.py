"""JSON and plain text as rows: an array, an object a line, or a question a line. Knows no file."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Final

from agents.json_values import MOST_VALUES, values_in
from sandbox.errors import UsageError, kind_in_words
from sandbox.questions import streams
from sandbox.questions.columns import WANTED, Columns
from sandbox.questions.rows import Row, row
from sandbox.questions.streams import Line
from sandbox.questions.tables import PIECE, begins_table, csv_rows

# Characters of a value, as they are on average where there are many: it takes up to 130 bytes of memory.
_SHORTEST_VALUE: Final = 16
_FORM: Final = f"wanted: an array or lines of objects with {WANTED}"


def json_rows(lines: Iterator[Line], shown: str, columns: Columns) -> Iterator[Row]:
    """Rows of an array of objects or texts, or of lines that are such: which it is, the first character says."""
    first = _first(lines)
    if first is None:
        return
    if first.text.lstrip().startswith("["):
        yield from _items(first, lines, shown, columns)
        return
    for line in chain([first], lines):
        if line.text.strip():
            yield _row(json_value(line.text, line.place, line.number), line.place, columns)


def text_rows(lines: Iterator[Line], _shown: str, _columns: Columns) -> Iterator[Row]:
    """A question a line, whichever of the usual ends it has. There are no columns."""
    return (Row(text) for line in lines for text in PIECE.findall(line.text) if text.strip())


def sniffed_rows(lines: Iterator[Line], shown: str, columns: Columns) -> Iterator[Row]:
    """Rows of what has no name that says its form: JSON, or a table, if it begins like one, else a question a line."""
    first = _first(lines)
    if first is not None:
        read = _reader(first, columns)
        yield from read(chain([first], lines), shown, columns)


def _reader(first: Line, columns: Columns) -> Callable[[Iterator[Line], str, Columns], Iterator[Row]]:
    if first.text.lstrip().startswith(("{", "[")):
        return json_rows
    return csv_rows if begins_table(first, columns) else text_rows


def _first(lines: Iterator[Line]) -> Line | None:
    return next((line for line in lines if line.text.strip()), None)


def _items(first: Line, rest: Iterator[Line], shown: str, columns: Columns) -> Iterator[Row]:
    """The items of an array, which has to be in memory as a whole."""
    parts, size = [first.text], len(first.text)
    for line in rest:
        parts.append(line.text)
        size += len(line.text)
        if size > streams.LONGEST_ARRAY:
            raise UsageError(f"{shown}: an array of more than {streams.LONGEST_ARRAY} bytes\nwrite an object a line")
    items = json_value("".join(parts), first.place, first.number)
    assert isinstance(items, list)
    for number, item in enumerate(items, 1):
        place = f"{shown}, item {number}"
        yield _row(item, place, columns)


def json_value(text: str, place: str, number: int, form: str = _FORM, *, once: bool = False) -> object:
    """What `text`, which begins in line `number`, holds; `form` says what is wanted there.

    With `once` no key may stand twice in an object: which value counts, readers of JSON do not agree on. Raises
    `UsageError`.
    """
    if values_in(text) > MOST_VALUES + len(text) // _SHORTEST_VALUE:
        raise UsageError(f"{place}: more values than can be read\n{form}")
    try:
        hook = partial(_each_once, place) if once else None
        # Without blanks at its end, or what it lacks would be missed in the line after it.
        value: object = json.loads(text.rstrip(), object_pairs_hook=hook)
    except json.JSONDecodeError as error:
        line = place.removesuffix(str(number)) + str(number + error.lineno - 1)
        raise UsageError(f"{line}: not JSON at column {error.colno}\n{form}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{place}: a number too long or nesting too deep to read\n{form}") from error
    return value


def _each_once(place: str, pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in found if keys.count(key) > 1)
        raise UsageError(f"{place}: the key {double[:40]!r} stands there twice\nleave one of them out")
    return found


def _row(value: object, place: str, columns: Columns) -> Row:
    if isinstance(value, str):
        return Row(value)
    if not isinstance(value, dict):
        raise UsageError(f"{place}: found {kind_in_words(value)}\n{_FORM}")
    return row(value, columns.of(value, place), place)
