"""Tables on standard output, as `--json`, `--csv` or for a terminal. Knows options and sheets, no run."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.errors import UsageError
from sandbox.inspection.sheet import Sheet
from sandbox.resolution import nearest
from sandbox.terminal import console, show, write_json
from sandbox.view_options import View


def show_all(sheets: Sequence[Sheet], view: View) -> None:
    """Show `sheets` in the way that `view` asks for."""
    if view.json:
        write_json({"tables": documents(sheets)})
    else:
        show_sheets(sheets, view)


def show_sheets(sheets: Sequence[Sheet], view: View) -> None:
    """As CSV or on a terminal; the one that `--table` names, or all. Raises `UsageError` for a name that is none."""
    chosen = [sheet for sheet in sheets if view.table in (None, sheet.name)]
    if not chosen:
        names = [sheet.name for sheet in sheets]
        raise UsageError(
            f"--table {view.table}: no such table.{nearest(view.table or '', names)}\nThere are: {', '.join(names)}."
        )
    for number, sheet in enumerate(chosen):
        if view.csv:
            head = f"{'' if number == 0 else chr(10)}# {sheet.name}\n" if len(chosen) > 1 else ""
            sys.stdout.write(head + sheet.csv())
        else:
            show(sheet.table(console().width))


def documents(sheets: Iterable[Sheet]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each sheet as JSON objects, by its name."""
    return {sheet.name: sheet.document() for sheet in sheets}
