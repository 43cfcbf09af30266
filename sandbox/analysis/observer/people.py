"""What people said of the texts of a condition: as columns beside those of observers, and of all of them together.

Knows annotations and arrays; not how far anybody agrees.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, get_args

import numpy as np

from agents.protocol import TEXTS
from agents.replies import SEVEN
from sandbox.analysis.observer.scored import Asked, Column, blank
from sandbox.figures.frame import Heard
from sandbox.runs.annotation.records import Skipped

if TYPE_CHECKING:
    from sandbox.runs.annotation.reading import Annotation
    from sandbox.runs.reading import Run

(SKIPPED,) = get_args(Skipped)


class Judged(NamedTuple):
    """What one person said of the interactions of a run; how much more was of texts that it has otherwise by now."""

    said: Mapping[Asked, Column]
    stale: int


def judged(annotation: "Annotation", run: "Run", size: int) -> Judged:
    """Of the `size` interactions of `run`. Raises `SandboxError` that names a bad line."""
    found = annotation.sound(run)
    columns = {Asked(text, name, SEVEN): blank(size) for text in TEXTS for name in annotation.manifest.dimensions}
    agents, others = run.manifest.config.agents, 0
    for key, line in found.judged.items():
        column, place = columns.get(Asked(key.text, key.dimension, SEVEN)), key.place(agents)
        if column is None or place is None or place >= size:
            others += 1
        elif line.rating is None:
            column.missing[place] = line.missing
        else:
            column.ratings[place] = line.rating
    return Judged(columns, found.stale + others)


def together(people: Sequence[Mapping[Asked, Column]]) -> dict[Asked, Heard]:
    """All that `people` said, by what they were asked."""
    every = dict.fromkeys(asked for said in people for asked in said)
    return {asked: _joined([said[asked] for said in people if asked in said]) for asked in every}


def _joined(columns: Sequence[Column]) -> Heard:
    places = [np.arange(column.ratings.size) for column in columns]
    by = [np.full(column.ratings.size, person) for person, column in enumerate(columns)]
    return Heard(*map(np.concatenate, (places, *zip(*columns, strict=True), by)))
