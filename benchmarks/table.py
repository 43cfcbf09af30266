"""Figures as a table for people: one a row, and those of two checkouts with their ratio in one. Knows their names."""

import sys
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure

WIDE = 140  # characters, where nobody knows how wide it is shown
THERE, HERE, RATIO = ": there", ": here", ": here / there"


def show(measured: Sequence[Figure]) -> None:
    """Print them."""
    if any(figure.name.endswith(RATIO) for figure in measured):
        table = Table("figure", "there", "here", "here / there", "bound here", "of the ratio", "met")
        for row in _pairs(measured):
            table.add_row(*row)
    else:
        table = Table("figure", "measured", "bound", "met")
        for figure in measured:
            table.add_row(figure.name, _value(figure), figure.bound, _met(figure))
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)


def _pairs(measured: Sequence[Figure]) -> Iterator[Sequence[str]]:
    by_name = {figure.name: figure for figure in measured}
    for figure in measured:
        name = figure.name.removesuffix(RATIO)
        if name == figure.name:
            if not name.endswith((THERE, HERE)):
                yield name, "", _value(figure), "", figure.bound, "", _met(figure)
            continue
        there, here = by_name[name + THERE], by_name[name + HERE]
        yield name, _value(there), _value(here), _value(figure), here.bound, figure.bound, _met(here, figure)


def _value(figure: Figure) -> str:
    return "not measured" if figure.value is None else f"{figure.value:g} {figure.unit}".rstrip()


def _met(*figures: Figure) -> str:
    bound = [figure for figure in figures if figure.bound != "-" and figure.value is not None]
    if not bound:
        return "-"
    return "yes" if all(figure.met for figure in bound) else "NO"
