"""From rows to what is put down on disk: their bytes, their split, and their place in the order.

A question's split follows from its id, the seed and the shares: in every export with the same two it is the same one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import orjson

from sandbox.export.names import Split
from sandbox.export.recipe import Recipe
from sandbox.export.rows import TrainingRow
from sandbox.export.shuffle import place, uniform
from sandbox.export.spool import Stored


class Storing:
    """Gives rows their places: those of interactions in the order in which they come, all others in a seeded one."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe: Final = recipe
        self._groups = 0
        self._rows = 0

    def stored(self, question: str, rows: Iterable[TrainingRow]) -> Iterator[Stored]:
        """Rows of one question: all of them, but for interactions, which come one by one."""
        self._groups += 1
        split = split_of(question, self._recipe)
        turns: Counter[bool] = Counter()
        for row in rows:
            yield Stored(
                kind=row.kind,
                split=split,
                label=row.label,
                # The first row of every question comes before the second of any: the same prompts are far apart.
                turn=turns[row.label] if self._recipe.format == "kto" else 0,
                place=self._place(row),
                # Not the place itself: of a kind with more rows, those drawn would all stand before those of another.
                lot=self._hashed("lot", row),
                group=self._groups,
                answer=place(0, *row.texts[:1]),
                answers=row.answers,
                data=orjson.dumps(row.values),
                origin=_origin(row),
            )
            turns[row.label] += 1

    def _place(self, row: TrainingRow) -> int:
        self._rows += 1
        if self._recipe.format == "parquet":
            return self._rows
        return self._hashed("order", row)

    def _hashed(self, purpose: str, row: TrainingRow) -> int:
        return place(self._recipe.seed, purpose, row.kind, *(source.name for source in row.sources))


def split_of(question: str, recipe: Recipe) -> Split:
    """The split of the question with this id."""
    at = uniform(recipe.seed, "split", question)
    if at < recipe.test:
        return "test"
    return "validation" if at < recipe.test + recipe.validation else "train"


def _origin(row: TrainingRow) -> bytes:
    return orjson.dumps({"kind": row.kind, "from": [source.document() for source in row.sources]})
