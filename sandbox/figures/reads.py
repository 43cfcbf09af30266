"""Runs that are looked at beside each other, and the rounds that they have in common. Knows no figure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from sandbox.figures.frame import Frame, Heard, read_frame
from sandbox.figures.killed import counted
from sandbox.runs.reading import Run


class Read(NamedTuple):
    """A run and its interactions, under a `name` that no other run beside it has."""

    name: str
    run: Run
    frame: Frame

    @property
    def agents(self) -> int:
        """How many a round has."""
        return self.run.manifest.config.agents

    @property
    def whole_rounds(self) -> int:
        """How many are whole: what has begun may turn out otherwise."""
        return len(self.frame) // self.agents


def read_all(runs: Sequence[Run]) -> list[Read]:
    """Their frames."""
    return [Read(name, counted(run), read_frame(run)) for name, run in zip(names_of(runs), runs, strict=True)]


def names_of(runs: Sequence[Run]) -> list[str]:
    """A name for each that no other has: its id, where two have the same its path, and given twice with a number.

    Cells of several studies are named with these: ids of such cells are often the same, and say nothing of the study.
    """
    several = len({run.study for run in runs if run.study}) > 1
    names = [(run.name if several else run.manifest.run_id) + run.scored_by for run in runs]
    counts = Counter(names)
    names = [name if counts[name] == 1 else str(run.directory.path) for name, run in zip(names, runs, strict=True)]
    return [f"{name} ({names[:at].count(name) + 1})" if name in names[:at] else name for at, name in enumerate(names)]


def in_common(reads: Sequence[Read]) -> list[Read]:
    """The same with the interactions of those rounds alone that are whole in all of them."""
    rounds = min(read.whole_rounds for read in reads)
    return [read._replace(frame=_first(read.frame, rounds * read.agents)) for read in reads]


def common_note(reads: Sequence[Read]) -> str | None:
    """Which rounds those are, for people; None where nothing is left out."""
    rounds = min(read.whole_rounds for read in reads)
    if all(len(read.frame) == rounds * read.agents for read in reads):
        return None
    which = f"rounds 0 to {rounds - 1} alone" if rounds > 1 else "round 0 alone"
    each = ", ".join(f"{read.name} {_length(read)}" for read in reads)
    return f"{which if rounds else 'no round is whole in all'}: {each}"


def _first(frame: Frame, count: int) -> Frame:
    """Its first `count` interactions alone."""
    return Frame(**{each.name: _cut(getattr(frame, each.name), count) for each in fields(frame)})


def _cut(columns: Any, end: int) -> Any:
    """A column, each of several by their keys, or what was heard of so many interactions."""
    if isinstance(columns, Heard):
        return columns.first(end)
    return {key: column[:end] for key, column in columns.items()} if isinstance(columns, dict) else columns[:end]


def _length(read: Read) -> str:
    begun = len(read.frame) % read.agents
    return f"has {read.whole_rounds}" + (f" and {begun} interaction{'s' * (begun > 1)} of the next" if begun else "")
