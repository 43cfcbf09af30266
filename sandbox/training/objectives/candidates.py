"""Which queries a step compares, and which answers of them. Knows their ratings, and no model.

All of it follows from (seed, epoch, row), so that there is no random state to save.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from random import Random
from typing import Any, NamedTuple

from torch.utils.data import Dataset, Sampler

from sandbox.training.data.tokens import EncodedQuery
from sandbox.training.objectives.packing import pack


class Place(NamedTuple):
    """An epoch and a row; one that does not count is there so that all processes have as many."""

    epoch: int
    row: int
    counts: bool = True


class Drawn(NamedTuple):
    """A query with the answers that are compared; of one that does not count, nothing is learnt."""

    query: EncodedQuery
    counts: bool


class Candidates(Dataset[Drawn]):
    """Queries as they are compared: of each, in each epoch, so many of its answers."""

    def __init__(self, rows: Sequence[EncodedQuery], seed: int, candidates: int) -> None:
        self._rows, self._seed, self._candidates = rows, seed, candidates

    def __len__(self) -> int:
        """How many queries there are."""
        return len(self._rows)

    def __getitem__(self, place: Place) -> Drawn:
        """The query of a row, with the answers that are drawn in an epoch.

        One of the best is always among them, because it is what is imitated: the paper's code draws it with the others
        and leaves it out at times, and then imitates one that people rated low.
        """
        query, draw = self._rows[place.row], Random(f"{self._seed}/{place.epoch}/{place.row}")
        answers = range(len(query.ratings))
        best = draw.choice([answer for answer in answers if query.ratings[answer] == max(query.ratings)])
        others = [answer for answer in answers if answer != best]
        drawn = draw.sample(others, min(self._candidates - 1, len(others)))
        return Drawn(query.chosen(sorted([best, *drawn])), place.counts)


def collate(batch: Sequence[Drawn]) -> dict[str, Any]:
    """One sequence of them, and which of them count."""
    return {**pack([drawn.query for drawn in batch]), "counts": [drawn.counts for drawn in batch]}


class Shuffled(Sampler[Place]):
    """Every row once, in an order that seed and epoch decide; `epoch` tells which it is when that begins.

    The last of them are followed by some that do not count, up to a `multiple`. Else the library would fill up the
    last step of several processes with rows that do, and they would learn something else than one process.
    """

    def __init__(self, rows: int, multiple: int, seed: int, epoch: Callable[[], int]) -> None:
        self._rows, self._more, self._seed, self._epoch = rows, -rows % multiple, seed, epoch

    def __len__(self) -> int:
        """How many places there are."""
        return self._rows + self._more

    def __iter__(self) -> Iterator[Place]:
        """Places of the present epoch."""
        epoch = self._epoch()
        order = Random(f"{self._seed}/{epoch}").sample(range(self._rows), self._rows)
        yield from (Place(epoch, row) for row in order)
        yield from (Place(epoch, row, counts=False) for row in islice(cycle(order), self._more))
