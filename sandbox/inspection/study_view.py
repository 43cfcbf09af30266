"""A study on a terminal and as sheets: which tables there are, and what stands above them. Computes nothing itself."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sandbox.figures.study.cells import COMPLETE, CellFigures, StudyFigures
from sandbox.figures.study.conditions import Condition, axes_named, condition_called, conditions_of
from sandbox.figures.study.front import front_sheet, needed_sheet
from sandbox.figures.study.sheets import cells_sheet, conditions_sheet, differences_sheet, rounds_sheet
from sandbox.inspection.output import Shown
from sandbox.inspection.study_options import StudyView
from sandbox.sheet import Sheet
from sandbox.terminal import plain_line
from sandbox.text import SCRIPTED_NOTE, counted, joined

MOST_CELLS: Final = 40  # that a terminal shows unasked
MOST_CONDITIONS: Final = 40


class Pooled(NamedTuple):
    """A study as it is looked at: its conditions, and that which the others are compared with."""

    figures: StudyFigures
    by: Sequence[str]
    conditions: Sequence[Condition]
    base: Condition | None
    within: float

    @property
    def scripted(self) -> bool:
        """Whether a figure stands on what is no language model."""
        return any(cell.scripted for cell in self.figures.cells)


def pooled(figures: StudyFigures, view: StudyView) -> Pooled:
    """As `view` asks. Raises `UsageError` for an axis or a condition that the study has not."""
    by = axes_named(figures.axes, view.by)
    conditions = conditions_of(figures, by)
    return Pooled(figures, by, conditions, condition_called(conditions, view.base), view.within)


def study_sheets(study: Pooled) -> Iterator[Sheet]:
    """Every table."""
    yield cells_sheet(study.figures)
    yield from pooled_sheets(study)
    yield rounds_sheet(study.conditions, study.by)


def pooled_sheets(study: Pooled) -> Iterator[Sheet]:
    """Those of which a row is a condition."""
    yield conditions_sheet(study.figures, study.conditions, study.by)
    yield differences_sheet(study.conditions, study.base, study.by)
    yield front_sheet(study.conditions, study.by)
    yield needed_sheet(study.conditions, study.by, study.within)


def study_document(study: Pooled) -> dict[str, Any]:
    """What JSON says beside the tables."""
    counts = Counter(each.status for each in study.figures.cells)
    return {
        "name": study.figures.study.record.name,
        "cells": len(study.figures.cells),
        "retired": study.figures.retired,
        "statuses": dict(sorted(counts.items())),
        "by": list(study.by),
        "base": study.base.values if study.base else None,
        "within": study.within,
        "scripted": study.scripted,
    }


def study_lines(study: Pooled) -> Iterator[str]:
    """How far the study is, and whether its figures mean anything."""
    figures = study.figures
    told = f"{len(figures.complete)} of {counted(len(figures.cells), 'cell')} complete"
    yield f"Study {figures.study.record.name}: {told}, {counted(len(study.conditions), 'condition')}."
    if study.scripted:
        yield SCRIPTED_NOTE


def study_view(study: Pooled) -> Iterator[Shown]:
    """What a terminal shows: with many rows the first ones, of cells those that are not complete before others."""
    yield from map(plain_line, study_lines(study))
    shown = _foremost(study.figures.cells)
    note = None if len(shown) == len(study.figures.cells) else _some(len(shown), len(study.figures.cells), "cells")
    yield cells_sheet(study.figures, shown, note)
    for sheet in pooled_sheets(study):
        if sheet.rows:
            yield first_rows(sheet, MOST_CONDITIONS)


def _foremost(cells: Sequence[CellFigures]) -> list[CellFigures]:
    chosen = sorted(cells, key=lambda each: each.status == COMPLETE)[:MOST_CELLS]
    return sorted(chosen, key=lambda each: each.cell.index)


def first_rows(sheet: Sheet, most: int) -> Sheet:
    """So many rows of `sheet` at most, and in its note how many there are."""
    if len(sheet.rows) <= most:
        return sheet
    return replace(sheet, rows=sheet.rows[:most], note=joined(_some(most, len(sheet.rows), sheet.name), sheet.note))


def _some(shown: int, of: int, table: str) -> str:
    return f"{shown} of {of:,} rows; all: --table '{table}'"
