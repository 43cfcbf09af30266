"""The list of a study's runs: which values each cell has, and what the list of runs says of it. Knows no terminal."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from sandbox.errors import SandboxError, UsageError, of_either
from sandbox.figures.runs_list import ORDERS, STATUSES, Listed, listed, ordered
from sandbox.runs.study import Cell, CellRun, Study
from sandbox.runs.tags import Tags
from sandbox.sheet import Cell as Value
from sandbox.sheet import Sheet
from sandbox.text import age, bytes_shown, change, money, nearest
from sandbox.vocabulary.vocabulary import current, readable

# A cell whose run was not begun, and one with the run of something else in its place.
CELL_STATUSES: Final = (*STATUSES, "absent", "another")
# More than a run has options; a record that others made could have any number.
_MOST_AXES: Final = 100
_COLUMNS: Final = ("index", "cell", "status", "rounds", "alignment", "cost", "age", "size")
_RUN_DATA: Final = (
    "created", "agents", "rounds", "cost_usd", "models", "rounds_done", "alignment_before", "alignment_after",
    "age_seconds", "bytes",
)  # fmt: skip


class ListedCell(NamedTuple):
    """A cell, how it stands, and its run; None for one that was not begun."""

    cell: Cell
    status: str
    listed: Listed | None

    @property
    def tags(self) -> Tags:
        """Those of its run."""
        return self.listed.tags if self.listed else Tags()

    def document(self, now: datetime) -> dict[str, Any]:
        """As in the list of runs, of which an absent cell has only its name and status."""
        run = self.listed.run.manifest.model_dump(mode="json") | self.listed.figures(now) if self.listed else {}
        own = {"run_id": self.cell.name, "index": self.cell.index, "cell": self.cell.name, "values": self.cell.values}
        return {**run, **own, "retired": self.cell.retired, "status_now": self.status}


def cells_of(study: Study) -> tuple[list[ListedCell], list[str]]:
    """Every cell by index, retired ones too, and what is wrong with those whose run cannot be read."""
    found: list[ListedCell] = []
    broken: list[str] = []
    for cell in study.record.cells:
        try:
            found.append(_looked_up(study.cell_run(cell), broken))
        except (SandboxError, OSError) as error:
            broken.append(of_either(error))
    return sorted(found, key=lambda each: each.cell.index), broken


def _looked_up(found: CellRun, broken: list[str]) -> ListedCell:
    return ListedCell(found.cell, found.status, listed(found.run, broken) if found.run else None)


def cells_in_order(study: Study, cells: Sequence[ListedCell], by: str | None, *, reverse: bool) -> list[ListedCell]:
    """By index, by an axis, or as runs are ordered, and then absent ones last. Raises `UsageError`."""
    if by in (None, "index"):
        return sorted(cells, key=lambda each: each.cell.index, reverse=reverse)
    axes = axes_of(study)
    by = current(by or "", (*axes, *ORDERS))
    if by in axes:
        return sorted(cells, key=lambda each: _comparable(each.cell.values.get(by)), reverse=reverse)
    if by in ORDERS:
        of = {id(each.listed): each for each in cells}
        begun = ordered([each.listed for each in cells if each.listed], by, reverse=reverse)
        return [*(of[id(each)] for each in begun), *(each for each in cells if not each.listed)]
    known = readable([*ORDERS, *axes])
    raise UsageError(f"--sort {by}: the runs of this study have no such order.{nearest(by or '', known)}")


def _comparable(value: Value) -> tuple[bool, float, str]:
    """Numbers by size and before texts, whatever else stands on the same axis."""
    if isinstance(value, int | float):
        return False, value, ""
    return True, 0.0, str(value)


def cells_sheet(study: Study, cells: Sequence[ListedCell], now: datetime) -> Sheet:
    """For people, a row a cell, with a column for each axis of the study."""
    axes = _axes(study, _COLUMNS)
    rows = [
        [each.cell.index, each.cell.name, _status(each), *_values(each.cell, axes), *_progress(each, now)]
        for each in cells
    ]
    texts = frozenset({"cell", "status", *axes.values()})
    columns = (*_COLUMNS[:3], *axes.values(), *_COLUMNS[3:])
    return Sheet(study.folder.name, columns, rows, None, texts, ("cell", "age", "size"))


def cells_data(study: Study, cells: Sequence[ListedCell], now: datetime) -> Sheet:
    """The same for programs: numbers as numbers."""
    fixed = ("index", "cell", "status", "retired", *_RUN_DATA)
    axes = _axes(study, fixed)
    rows = [
        [each.cell.index, each.cell.name, each.status, each.cell.retired, *_values(each.cell, axes), *_data(each, now)]
        for each in cells
    ]
    return Sheet(study.folder.name, (*fixed[:4], *axes.values(), *_RUN_DATA), rows, texts=frozenset(axes.values()))


def axes_of(study: Study) -> list[str]:
    """The axes of the matrix, and what cells beside the grid have instead."""
    beside = (name for cell in study.record.cells for name in cell.values)
    return list(islice(dict.fromkeys(chain(study.record.axes, beside)), _MOST_AXES))


def _axes(study: Study, taken: Sequence[str]) -> dict[str, str]:
    """The heading of each axis: its name, unless another column is called so."""
    return {axis: f"axis_{axis}" if axis in taken else axis for axis in axes_of(study)}


def _values(cell: Cell, axes: dict[str, str]) -> list[Value]:
    return [cell.values.get(axis) for axis in axes]


def _status(each: ListedCell) -> str:
    return f"{each.status}, retired" if each.cell.retired else each.status


def _progress(each: ListedCell, now: datetime) -> list[Value]:
    if not (found := each.listed):
        return [None] * 5
    manifest = found.run.manifest
    return [
        f"{len(found.rounds)}/{manifest.config.rounds}",
        change(*found.alignment) if found.rounds else None,
        money(manifest.totals.cost_usd),
        age((now - found.created).total_seconds()),
        bytes_shown(found.size),
    ]


def _data(each: ListedCell, now: datetime) -> list[Value]:
    if not (found := each.listed):
        return [None] * len(_RUN_DATA)
    manifest, figures = found.run.manifest, found.figures(now)
    own = [manifest.created, manifest.config.agents, manifest.config.rounds, manifest.totals.cost_usd]
    return [*own, ", ".join(found.models), *(figures[name] for name in _RUN_DATA[5:])]
