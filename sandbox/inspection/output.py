"""An answer and the one way out for it: on a terminal, as CSV or as JSON. Knows sheets, neither runs nor options."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

from rich.console import RenderableType

from sandbox.errors import UsageError
from sandbox.progress.alive import alive
from sandbox.sheet import Sheet
from sandbox.terminal import console, plain, show, write_csv, write_json, write_json_parts
from sandbox.text import joined, nearest

T = TypeVar("T")
Shown = Sheet | RenderableType


class Parts(NamedTuple):
    """A document too large for memory: JSON `parts` with commas between `begin` and `end`."""

    begin: str
    parts: Iterable[str]
    end: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What there is to say. Each part is called only if it is asked for, so that nothing is worked out in vain.

    `sheets` are for CSV, and for `--table`; `document` is for JSON, by default the rows of the sheets; `shown` is for a
    terminal, where a sheet becomes a table, by default the sheets.
    """

    sheets: Callable[[], Iterable[Sheet]] | None = None
    document: Callable[[], object] | None = None
    shown: Callable[[], Iterable[Shown]] | None = None

    def noted(self, note: str | None) -> "Answer":
        """The same with `note` below each table, and above what a terminal shows."""
        if note is None:
            return self
        sheets, shown = self.sheets, self.shown
        return replace(
            self,
            sheets=sheets and (lambda: [replace(each, note=joined(each.note, note)) for each in sheets()]),
            shown=shown and (lambda: [plain(note), *shown()]),
        )


def deliver(answer: Answer, *, json: bool = False, csv: bool = False, table: str | None = None) -> None:
    """Write `answer`, or only the table of this name. Raises `UsageError` where there is none of this name."""
    if json:
        _write_document(_made(answer.document or (lambda: tables(_chosen(answer, table)))))
    elif csv:
        _write_csv(_made(lambda: _chosen(answer, table)))
    else:
        shown = answer.shown if answer.shown and not (table and answer.sheets) else lambda: _chosen(answer, table)
        _show(_made(lambda: list(shown())))


def _made(make: Callable[[], T]) -> T:
    with alive("Working it out"):
        return make()


def chosen(sheets: Iterable[Sheet], table: str | None) -> list[Sheet]:
    """The sheet of this name, or all. Raises `UsageError` for a name that is none."""
    given = list(sheets)
    found = [sheet for sheet in given if table in (None, sheet.name)]
    if not found:
        names = [sheet.name for sheet in given]
        near = nearest(table or "", names)
        raise UsageError(f"--table {table}: no such table.{near}\nThere are: {', '.join(names)}.")
    return found


def tables(sheets: Sequence[Sheet]) -> dict[str, Any]:
    """The sheets as parts of a JSON document, and what is to be known of them."""
    return {"tables": documents(sheets), "notes": {sheet.name: sheet.note for sheet in sheets if sheet.note}}


def documents(sheets: Iterable[Sheet]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each sheet as JSON objects, by its name."""
    return {sheet.name: sheet.document() for sheet in sheets}


def _chosen(answer: Answer, table: str | None) -> list[Sheet]:
    return chosen(answer.sheets() if answer.sheets else (), table)


def _write_document(document: object) -> None:
    if isinstance(document, Parts):
        write_json_parts(*document)
    else:
        write_json(document)


def _write_csv(sheets: Sequence[Sheet]) -> None:
    """A sheet alone is a CSV file; several have their names above them."""
    for number, sheet in enumerate(sheets):
        head = f"{'' if number == 0 else chr(10)}# {sheet.name}\n" if len(sheets) > 1 else ""
        write_csv(head + sheet.csv())


def _show(parts: Iterable[Shown]) -> None:
    for part in parts:
        show(part.table(console().width) if isinstance(part, Sheet) else part)
