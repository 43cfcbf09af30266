"""The combinations of a study: every one of the matrix, less those left out, and those beside it. Knows no run."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from sandbox.errors import UsageError
from sandbox.runs.study import MOST_CELLS, Value
from sandbox.studies.settings import Row, Setting, Settings, StudyFile, same

# Of the matrix, before any is left out: a slip of the hand in a range must not fill the memory.
MOST_COMBINATIONS: Final = 10 * MOST_CELLS


@dataclass(frozen=True)
class Combination:
    """Values by axis, in the order of the matrix, and the options that they set. `place` is where it stands."""

    values: dict[str, Value]
    sets: Settings
    place: str


def combinations(study: StudyFile) -> list[Combination]:
    """Those of `study`, in order: the last axis varies first, and cells beside the grid come last.

    Raises `UsageError` for a row that leaves nothing out, options that two axes set, none or too many cells.
    """
    size = math.prod(len(axis.values) for axis in study.axes) if study.axes else 0
    _check_size(study, size, MOST_COMBINATIONS)
    grid = list(_grid(study)) if study.axes else []
    for row in study.exclude:
        if not any(_fits(row, each) for each in grid):
            raise UsageError(f"{row.place}: no cell of the matrix is like that: nothing is left out.")
    kept = [each for each in grid if not any(_fits(row, each) for row in study.exclude)]
    found = [*kept, *(Combination(_in_order(row, study), row.sets, row.place) for row in study.include)]
    _check_size(study, len(found), MOST_CELLS)
    if not found:
        raise UsageError(
            f"{study.path}: no cell is left. Give [matrix] values, such as seed = {{ from = 0, count = 5 }}."
        )
    return found


def _check_size(study: StudyFile, cells: int, most: int) -> None:
    if cells > most:
        raise UsageError(f"{study.path}: {cells:,} cells, and a study has at most {MOST_CELLS:,}.")


def _grid(study: StudyFile) -> Iterator[Combination]:
    for places in product(*(range(len(axis.values)) for axis in study.axes)):
        sets: dict[str, Setting] = {}
        for axis, place in zip(study.axes, places, strict=True):
            for name, setting in axis.sets[place].items():
                if name in sets:
                    raise UsageError(f"{setting.place}: {setting.key} is set at {sets[name].place} too: by which axis?")
                sets[name] = setting
        values = {axis.name: axis.values[place] for axis, place in zip(study.axes, places, strict=True)}
        yield Combination(values, sets, str(study.path))


def _fits(row: Row, combination: Combination) -> bool:
    return all(same(combination.values[axis], value) for axis, value in row.values.items())


def _in_order(row: Row, study: StudyFile) -> dict[str, Value]:
    """The values of a cell beside the grid: those of axes first, then options that the matrix does not have."""
    axes = [axis.name for axis in study.axes if axis.name in row.values]
    return {name: row.values[name] for name in (*axes, *(name for name in row.values if name not in axes))}
