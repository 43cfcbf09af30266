"""What is analysed as one thing: a condition, which is one run or the runs of several seeds. Knows no figure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sandbox.figures.study.conditions import condition_name, pool_key, values_of
from sandbox.runs.reading import Run
from sandbox.runs.study import Cell


class Pool(NamedTuple):
    """A condition under its name: a run, or the complete runs of a condition of a study; never none."""

    name: str
    runs: Sequence[Run]


def pooled(cells: Iterable[tuple[Cell, Run]], by: Sequence[str]) -> list[Pool]:
    """The conditions that the axes `by` tell, in the order of their first cells, each named as it is written."""
    found: dict[tuple[str, ...], tuple[str, list[Run]]] = {}
    for cell, run in cells:
        values = values_of(cell, by)
        found.setdefault(pool_key(values), (condition_name(values), []))[1].append(run)
    return [Pool(name, runs) for name, runs in found.values()]


def told_apart(pools: Sequence[Pool]) -> list[Pool]:
    """The same; of several of one name, which are runs with one id or given twice, the later ones have a number."""
    names = [pool.name for pool in pools]
    seen = [names[:at].count(name) for at, name in enumerate(names)]
    return [
        pool._replace(name=f"{pool.name} ({before + 1})") if before else pool
        for pool, before in zip(pools, seen, strict=True)
    ]
