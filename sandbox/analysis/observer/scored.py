"""The scores of a rating as columns beside those of its run: what another observer said, or the same one again.

Knows the file and arrays. What the fast reader refuses is read again by the strict one, which names the line.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

import numpy as np

from agents.protocol import TEXTS, ScoredText
from agents.replies import Missing
from sandbox.errors import SandboxError
from sandbox.figures.columns import Counts, Names, Numbers, names, numbers, whole_numbers
from sandbox.figures.log_blocks import blocks_of, first_refusal
from sandbox.text import typed

if TYPE_CHECKING:
    import pyarrow as pa

    from sandbox.runs.rating.manifest import DimensionUsed
    from sandbox.runs.rating.reading import Rating

_MOST_ROUNDS: Final = 1 << 32  # beyond which places would be no whole numbers
_WORDS: Final = frozenset((*get_args(Missing), ""))


class Asked(NamedTuple):
    """What a text is rated on: the dimension, and the lowest and the highest number of its scale."""

    text: ScoredText
    dimension: str
    scale: tuple[int, int]


class Column(NamedTuple):
    """An entry an interaction: its rating or nan, and why there is none, "" where there is one or none was asked."""

    ratings: Numbers
    missing: Names

    @property
    def places(self) -> list[int]:
        """Of the interactions that have a rating."""
        return np.flatnonzero(~np.isnan(self.ratings)).tolist()


def blank(size: int) -> Column:
    """Of so many interactions none of which was rated."""
    return Column(np.full(size, np.nan), np.full(size, "", dtype=object))


def scored(rating: "Rating", size: int, agents: int) -> dict[Asked, Column]:
    """Of the `size` interactions that its run has by now, so many a round. Raises `SandboxError` for a bad line."""
    import pyarrow as pa

    schema = _schema(rating.manifest.dimensions)
    table = pa.Table.from_batches(blocks_of(rating.directory.scores, schema, lambda: _refusal(rating)), schema)
    try:
        places = _places(table, agents)
        every = (Asked(text, each.name, each.scale) for text in TEXTS for each in rating.manifest.dimensions)
        return {asked: _column(table, asked, places, size) for asked in every}
    except ValueError:  # a number that is null or out of bounds, a word that is not known
        raise _refusal(rating) from None


def _schema(dimensions: "Sequence[DimensionUsed]") -> "pa.Schema":
    import pyarrow as pa

    score = pa.struct([("rating", pa.int64()), ("missing", pa.string())])
    scores = pa.struct([(each.name, score) for each in dimensions])
    texts = pa.struct([(text, scores) for text in TEXTS])
    return pa.schema([("round", pa.int64()), ("agent", pa.int64()), ("scores", texts)])


def _refusal(rating: "Rating") -> SandboxError:
    told = f"{rating.directory.scores}: it rates what its run does not have, or not as its manifest says."
    return first_refusal(rating.lines(), f"{told}\nMake it anew beside its run: sandbox rate {typed(rating.run_path)}")


def _places(table: "pa.Table", agents: int) -> Counts:
    """Which interaction each line rates."""
    rounds, of = (whole_numbers(table, name) for name in ("round", "agent"))
    places = rounds * agents + of
    outside = (rounds < 0) | (rounds > _MOST_ROUNDS) | (of < 0) | (of >= agents)
    if outside.any() or (np.diff(places) <= 0).any():
        raise ValueError(places)
    return places


def _column(table: "pa.Table", asked: Asked, places: Counts, size: int) -> Column:
    """What it rates that its run does not show, because its round is not whole, is left out."""
    path = ("scores", asked.text, asked.dimension)
    given, why = numbers(table, *path, "rating"), names(table, *path, "missing", absent="")
    if ((given < asked.scale[0]) | (given > asked.scale[1])).any() or not _WORDS.issuperset(why):
        raise ValueError(asked)
    column, inside = blank(size), places < size
    column.ratings[places[inside]] = given[inside]
    column.missing[places[inside]] = why[inside]
    return column
