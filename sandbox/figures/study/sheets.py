"""The tables of a study: a row a cell, a row a condition, what conditions differ by, and their rounds."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from agents.protocol import DIMENSIONS
from sandbox.figures.columns import Numbers
from sandbox.figures.study.cells import MEASURES, CellFigures, StudyFigures
from sandbox.figures.study.conditions import Condition, left_out, uneven
from sandbox.figures.study.resampling import NOTE, differences, estimates
from sandbox.sheet import Cell, Sheet
from sandbox.text import joined
from sandbox.vocabulary.names import score_column

DRAWN: Final = tuple(score_column("revision", dimension) for dimension in DIMENSIONS)  # in figures by round
_BEFORE: Final = ("index", "cell")
_AFTER: Final = (
    *("status", "rounds_done", "interactions", *MEASURES),
    *("missing", "failed", "calls", "tokens", "cost_usd", "wall_seconds"),
)
_OPTIONAL: Final = (
    "alignment_gain", "revision_engagement", "interactions", "calls", "cost_usd", "failed", "missing",
    "draft_alignment", "wall_seconds", "tokens", "engagement_gain", "draft_engagement", "rounds_done", "cell",
)  # fmt: skip
_FEW: Final = ("revision_engagement", "alignment_gain", "draft_alignment", "engagement_gain", "draft_engagement")


def cells_sheet(figures: StudyFigures, cells: Sequence[CellFigures] | None = None, note: str | None = None) -> Sheet:
    """A row for each of `cells`, by default all: its values, and what its whole rounds and its manifest say."""
    axes = figures.axes
    rows = [_row(each, axes) for each in (figures.cells if cells is None else cells)]
    named = beside(axes, (*_BEFORE, *_AFTER))
    texts = frozenset({"cell", "status", *named})
    return Sheet("cells", (*_BEFORE, *named, *_AFTER), rows, joined(note, left_out(figures)), texts, _OPTIONAL)


def conditions_sheet(figures: StudyFigures, conditions: Sequence[Condition], by: Sequence[str]) -> Sheet:
    """A row a condition: means over its complete cells."""
    rows = [[*each.values.values(), len(each.cells), *estimates(each.means())] for each in conditions]
    return sheet_by(
        "conditions", by, ("cells", *MEASURES), rows, joined(left_out(figures), uneven(conditions), NOTE), _FEW
    )


def differences_sheet(conditions: Sequence[Condition], base: Condition | None, by: Sequence[str]) -> Sheet:
    """A row for each condition but the base, less that: of the same seeds where both have some."""
    rows = [[*each.values.values(), *_against(each, base)] for each in conditions if base and each is not base]
    columns = ("paired", "pairs", "cells", "cells_of_base", *MEASURES)
    base_said = f"less {base.name}; paired: the same seed in both, else the difference of the means" if base else None
    optional = (_FEW[0], "cells", "cells_of_base", *_FEW[1:])
    return sheet_by("differences", by, columns, rows, joined(base_said, uneven(conditions), NOTE), optional)


def rounds_sheet(conditions: Sequence[Condition], by: Sequence[str]) -> Sheet:
    """A row for each round of each condition that all of its cells have: means of revisions, as they are drawn."""
    rows: list[Sequence[Cell]] = []
    for each in conditions:
        found = [estimates(each.by_round(measure)) for measure in DRAWN]
        for round_, means in enumerate(zip(*found, strict=True)):
            rows.append([*each.values.values(), round_, len(each.cells), each.interactions(round_), *means])
    return sheet_by(
        "by round",
        by,
        ("round", "cells", "interactions_until", *DRAWN),
        rows,
        joined(uneven(conditions), NOTE),
        ("interactions_until",),
    )


def paired_cells(condition: Condition, base: Condition) -> list[tuple[CellFigures, CellFigures]]:
    """Cells of both that have the same seed, and the same value of each other axis that is not named."""
    others = {_apart(each, base): each for each in base.cells}
    pairs = ((each, others.get(_apart(each, condition))) for each in condition.cells)
    return [(each, other) for each, other in pairs if other is not None]


def _apart(cell: CellFigures, condition: Condition) -> tuple[object, ...]:
    """What tells a cell from the others of its condition."""
    free = sorted((axis, repr(value)) for axis, value in cell.cell.values.items() if axis not in condition.values)
    return (cell.seed, *free)


def _against(condition: Condition, base: Condition) -> list[Cell]:
    pairs = paired_cells(condition, base)
    sizes: list[Cell] = [len(condition.cells), len(base.cells)]
    if not pairs:
        return [False, 0, *sizes, *differences(condition.means(), base.means())]
    own, other = (Condition({}, [pair[side] for pair in pairs]).means() for side in (0, 1))
    return [True, len(pairs), *sizes, *estimates(own - other)]


def _row(figures: CellFigures, axes: Sequence[str]) -> list[Cell]:
    cell, totals = figures.cell, figures.totals
    numbers: list[Cell] = [None] * 6
    if totals:
        tokens = totals.prompt_tokens + totals.completion_tokens
        numbers = [totals.missing_ratings, totals.failed, totals.calls, tokens, totals.cost_usd, totals.wall_seconds]
    values = [cell.values.get(axis) for axis in axes]
    begun: list[Cell] = [figures.rounds, int(figures.interactions.sum())] if totals else [None, None]
    return [cell.index, cell.name, *values, figures.status, *begun, *_known(figures.means()), *numbers]


def _known(means: Numbers) -> list[float | None]:
    return [None if np.isnan(mean) else float(mean) for mean in means]


def sheet_by(
    name: str,
    axes: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    note: str | None,
    optional: tuple[str, ...] = (),
) -> Sheet:
    """One whose rows begin with the values of `axes`."""
    named = beside(axes, columns)
    return Sheet(name, (*named, *columns), rows, note, frozenset(named), optional)


def beside(axes: Sequence[str], columns: Sequence[str]) -> list[str]:
    """An axis can be called as one of `columns` is, `status` say: it is `axis_status` then."""
    return [f"axis_{axis}" if axis in columns else axis for axis in axes]
