"""Tables on standard output, as `--json`, `--csv` or for a terminal. Knows options and sheets, no run."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.errors import UsageError
from sandbox.inspection.options import View
from sandbox.sheet import Sheet
from sandbox.terminal import console, harmless, show, write_json
from sandbox.text import nearest


def show_all(sheets: Sequence[Sheet], view: View) -> None:
    """Show `sheets`, or the one that `--table` names, in the way that `view` asks for. Raises `UsageError`."""
    if view.json:
        write_json({"tables": documents(chosen(sheets, view))})
    else:
        show_sheets(sheets, view)


def show_sheets(sheets: Sequence[Sheet], view: View) -> None:
    """As CSV or on a terminal. Raises `UsageError` for a name that is none."""
    shown = chosen(sheets, view)
    for number, sheet in enumerate(shown):
        if view.csv:
            head = f"{'' if number == 0 else chr(10)}# {sheet.name}\n" if len(shown) > 1 else ""
            text = head + sheet.csv()
            sys.stdout.write("\n".join(map(harmless, text.split("\n"))) if console().is_terminal else text)
        else:
            show(sheet.table(console().width))


def chosen(sheets: Sequence[Sheet], view: View) -> list[Sheet]:
    """The sheet that `--table` names, or all. Raises `UsageError` for a name that is none."""
    found = [sheet for sheet in sheets if view.table in (None, sheet.name)]
    if not found:
        names = [sheet.name for sheet in sheets]
        near = nearest(view.table or "", names)
        raise UsageError(f"--table {view.table}: no such table.{near}\nThere are: {', '.join(names)}.")
    return found


def documents(sheets: Iterable[Sheet]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each sheet as JSON objects, by its name."""
    return {sheet.name: sheet.document() for sheet in sheets}
