"""One measurement of a section with the code of one checkout, and what several of them come to. Knows no figure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.command import ROOT
from benchmarks.figure import Figure, median_of


class Turn(NamedTuple):
    """The turn `number`, from 0, of the command of `checkout`, taken from outside.

    `folder` keeps what turns of one checkout need again; `questions` are what is discussed. A `quick` one is smaller.
    """

    folder: Path
    number: int = 0
    checkout: Path = ROOT
    questions: Path | str = "starter"
    quick: bool = False


Section = Callable[[Turn], Iterator[Figure]]


def alone(section: Section, turns: Iterable[Turn]) -> Iterator[Figure]:
    """Each figure of `section` as the median of those `turns` that gave it, in the order in which they came."""
    values: dict[Figure, list[float | None]] = defaultdict(list)
    for turn in turns:
        for figure in section(turn):
            values[figure._replace(value=None, runs=())].append(figure.value)
    for figure, runs in values.items():
        yield median_of(figure.name, runs, figure.unit, most=figure.most, least=figure.least)
