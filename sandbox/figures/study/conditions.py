"""Pools of cells: the conditions of a study by the axes that are named. Knows values of axes, no figure.

A condition is written `labels=half,model=m`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from sandbox.errors import UsageError
from sandbox.figures.columns import Numbers
from sandbox.figures.study.cells import COMPLETE, MEASURES, CellFigures, StudyFigures
from sandbox.runs.study import Cell, Value
from sandbox.text import counted, in_a_line, nearest, written

SEED_AXIS: Final = "seed"
_SHOWN: Final = 10  # names of conditions in an error
_SAID: Final = {"another": "with a run of something else"}


class Condition(NamedTuple):
    """Those complete cells that have the same values of the axes that are named; None where a cell has none."""

    values: dict[str, Value | None]
    cells: list[CellFigures]

    @property
    def parts(self) -> list[str]:
        """`labels=half` and the like, of those axes that its cells have."""
        return _parts(self.values)

    @property
    def name(self) -> str:
        """As it is written."""
        return condition_name(self.values)

    @property
    def rounds(self) -> int:
        """Those that all of its cells have."""
        return min((cell.rounds for cell in self.cells), default=0)

    def means(self) -> Numbers:
        """(cells, measures)."""
        return np.array([cell.means() for cell in self.cells]).reshape(-1, len(MEASURES))

    def by_round(self, measure: str) -> Numbers:
        """(cells, rounds), of the rounds that all have."""
        place, rounds = MEASURES.index(measure), self.rounds
        return np.array([cell.by_round()[:rounds, place] for cell in self.cells]).reshape(len(self.cells), rounds)

    def interactions(self, round_: int) -> int | float:
        """How many a cell has up to the end of that round: their mean, where they differ."""
        mean = float(np.mean([cell.interactions[: round_ + 1].sum() for cell in self.cells]))
        return int(mean) if mean.is_integer() else mean


def condition_name(values: Mapping[str, Value | None]) -> str:
    """`labels=half,model=m`; `all cells` where no axis is named, `labels=` where its cells have none of them."""
    return ",".join(_parts(values) or [f"{axis}=" for axis in values]) or "all cells"


def _parts(values: Mapping[str, Value | None]) -> list[str]:
    return [f"{axis}={written(value)}" for axis, value in values.items() if value is not None]


def values_of(cell: Cell, by: Sequence[str]) -> dict[str, Value | None]:
    """What tells the condition of `cell` where the axes `by` do."""
    return {axis: cell.values.get(axis) for axis in by}


def pool_key(values: Mapping[str, Value | None]) -> tuple[str, ...]:
    """The same for cells of one condition: as values are written in Python, where 1, 1.0 and true are equal."""
    return tuple(map(repr, values.values()))


def axes_named(axes: Sequence[str], by: str | None, flag: str = "--by") -> list[str]:
    """Those of `axes` in `by`, with commas between; all but the seed by default. Raises `UsageError` naming `flag`."""
    if by is None:
        return [axis for axis in axes if axis != SEED_AXIS]
    wanted = list(dict.fromkeys(each.strip().replace("-", "_") for each in by.split(",")))
    for axis in wanted:
        if axis not in axes:
            near = nearest(axis, axes)
            raise UsageError(
                f"{flag} {axis}: the study has no such axis.{near}\nThere are: {in_a_line(', '.join(axes))}."
            )
    return wanted


def conditions_of(figures: StudyFigures, by: Sequence[str]) -> list[Condition]:
    """In the order of their first cells; one of which no cell is complete is there, and empty."""
    found: dict[tuple[str, ...], Condition] = {}
    for each in figures.cells:
        values = values_of(each.cell, by)
        pool = found.setdefault(pool_key(values), Condition(values, []))
        if each.status == COMPLETE:
            pool.cells.append(each)
    return list(found.values())


def condition_called(conditions: Sequence[Condition], name: str | None) -> Condition | None:
    """That which `name` means, with all of its values or with as many as no other has; the first by default.

    None where there is none at all. Raises `UsageError`.
    """
    if name is None or not conditions:
        return conditions[0] if conditions else None
    fits = [each for each in conditions if each.name == name]
    fits = fits or [each for each in conditions if _says(name.strip(), each.parts)]
    if len(fits) == 1:
        return fits[0]
    names = [each.name for each in fits or conditions]
    why = "several conditions fit." if fits else f"there is no such condition.{nearest(name, names)}"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    there = f"{'They are' if fits else 'There are'}: {in_a_line('; '.join(names[:_SHOWN]))}{more}."
    raise UsageError(f"--base {name}: {why}\n{there}")


def _says(name: str, parts: Sequence[str]) -> bool:
    """Whether `name` is some of `parts` in any order, with commas between, which can be in a value as well."""
    for part in (*parts, *(_dashed(part) for part in parts)):
        if name == part or (name.startswith(f"{part},") and _says(name[len(part) + 1 :].lstrip(), parts)):
            return True
    return False


def _dashed(part: str) -> str:
    """`prior-size=5`, as the option is written on a command line."""
    axis, sign, value = part.partition("=")
    return axis.replace("_", "-") + sign + value


def left_out(figures: StudyFigures) -> str | None:
    """Which cells are in no pool, for people; None where all are."""
    counts = Counter(each.status for each in figures.cells if each.status != COMPLETE)
    told = [f"{number} {_SAID.get(status, status)}" for status, number in sorted(counts.items())]
    told += [f"{figures.retired} retired"] if figures.retired else []
    if not told:
        return None
    of = counted(len(figures.cells) + figures.retired, "cell")
    return f"left out: {', '.join(told)}, of {of}"


def uneven(conditions: Sequence[Condition]) -> str | None:
    """That complete cells differ in length, for people; None where they do not."""
    rounds = sorted({cell.rounds for condition in conditions for cell in condition.cells})
    if len(rounds) < 2:
        return None
    return f"cells have {rounds[0]} to {rounds[-1]} rounds; by round are those that all cells of a condition have"
