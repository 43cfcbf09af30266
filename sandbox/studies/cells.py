"""Which cell is which, from one call to the next: by what it asks first, then by its values. Knows no file.

A cell whose question stays keeps its index, its name and its run, whatever was added, renamed or taken out around it.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import orjson

from sandbox.runs.study import Cell, Value
from sandbox.studies.matrix import Combination
from sandbox.text import written

_LONGEST_NAME: Final = 100
_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")


def numbered(found: Sequence[tuple[Combination, str]], before: Sequence[Cell]) -> tuple[list[Cell], list[Cell]]:
    """The cells of combinations, given with their fingerprints, in that order; and those of `before` that are no more.

    New ones have indices after all that were ever given.
    """
    by_fingerprint = {cell.fingerprint: cell for cell in before}
    asked = {fingerprint for _, fingerprint in found}
    by_values = {_key(cell.values): cell for cell in before if cell.fingerprint not in asked}
    new = max((cell.index for cell in before), default=-1) + 1
    cells: list[Cell] = []
    for each, fingerprint in found:
        known = by_fingerprint.get(fingerprint) or by_values.get(_key(each.values))
        index, name = (known.index, known.name) if known else (new, cell_name(new, each.values))
        new += known is None
        cells.append(Cell(index=index, name=name, values=each.values, fingerprint=fingerprint))
    kept = {cell.index for cell in cells}
    return cells, [cell.model_copy(update={"retired": True}) for cell in before if cell.index not in kept]


def cell_name(index: int, values: dict[str, Value]) -> str:
    """`003-labels-half.seed-1`: a run id."""
    parts = (f"{_UNFIT.sub('-', axis)}-{_UNFIT.sub('-', written(value))}" for axis, value in values.items())
    return f"{index:03d}-{'.'.join(parts)}"[:_LONGEST_NAME].rstrip(".-")


def shown_values(values: dict[str, Value]) -> str:
    """`labels=half,seed=1`."""
    return ",".join(f"{axis}={written(value)}" for axis, value in values.items())


def in_order(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """By index."""
    return tuple(sorted(cells, key=lambda cell: cell.index))


def _key(values: dict[str, Value]) -> bytes:
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
