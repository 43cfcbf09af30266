"""Chance-corrected agreement of raters: Krippendorff's alpha, intraclass correlations. Knows matrices of whole numbers.

Written here, because packages that have them are under the GPL: docs/decisions.md#agreement-without-a-package.
"""

from typing import Final, Literal, NamedTuple

import numpy as np

from sandbox.figures.columns import Counts, Numbers

Level = Literal["nominal", "ordinal", "interval"]
_FEWEST: Final = 2  # ratings of a unit that can agree, and units that can differ


class Given(NamedTuple):
    """How often each unit that was rated twice or more was given each of `values`, which rise: (units, values)."""

    values: Counts
    counts: Counts


def given(units: Counts, ratings: Numbers) -> Given:
    """That of whole `ratings`, nan for missing, each of which is of one of `units`."""
    known = ~np.isnan(ratings)
    values, place = np.unique(ratings[known].astype(np.int64), return_inverse=True)
    size = int(units.max(initial=-1)) + 1
    counts = np.bincount(units[known] * values.size + place, minlength=size * values.size)
    counts = counts.reshape(size, values.size)
    return Given(values, counts[counts.sum(axis=1) >= _FEWEST])


def alpha(ratings: Given, level: Level) -> float | None:
    """Krippendorff's; None where all ratings are the same, or none has another beside it.

    1 less observed by expected disagreement: Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, section E.
    """
    counts = ratings.counts
    weights = 1 / (counts.sum(axis=1) - 1)
    coincidences = (counts * weights[:, None]).T @ counts - np.diag(weights @ counts)
    margins = counts.sum(axis=0)
    distances = _distances(ratings.values, margins, level)
    expected = float(margins @ distances @ margins)
    return 1 - float((coincidences * distances).sum()) * (int(margins.sum()) - 1) / expected if expected else None


def _distances(values: Counts, margins: Counts, level: Level) -> Numbers:
    """The squared distance of each value from each other one, where they were given so often."""
    if level == "nominal":
        return 1 - np.eye(margins.size)
    places = values if level == "interval" else np.cumsum(margins) - margins / 2
    distances: Numbers = np.subtract.outer(places, places).astype(np.float64) ** 2
    return distances


class Intraclass(NamedTuple):
    """Shrout and Fleiss 1979, in the words of McGraw and Wong 1996; None where units do not differ.

    `one_way`: ICC(1), for raters that differ from unit to unit; `agreement`: ICC(A,1), in which a rater that gives more
    than another disagrees; `consistency`: ICC(C,1), in which it does not.
    """

    one_way: float | None
    agreement: float | None
    consistency: float | None


def intraclass(ratings: Numbers) -> Intraclass:
    """Of the rows of `ratings`, (units, raters), in which no rating is missing."""
    rows = ratings[~np.isnan(ratings).any(axis=1)]
    units, raters = rows.shape
    if units < _FEWEST or raters < _FEWEST:
        return Intraclass(None, None, None)
    square = rows.sum() ** 2
    # Sums of squares times the number of ratings: whole numbers, and so exactly zero where nothing differs.
    between = units * (rows.sum(axis=1) ** 2).sum() - square
    columns = raters * (rows.sum(axis=0) ** 2).sum() - square
    within = rows.size * (rows**2).sum() - square - between
    error = within - columns
    if not between + error:
        return Intraclass(None, None, None)
    found = _intraclass(between / (units - 1), columns / (raters - 1), error / (units - 1) / (raters - 1), rows.shape)
    own = within / units / (raters - 1)
    one_way = _share(between / (units - 1) - own, between / (units - 1) + (raters - 1) * own)
    return Intraclass(one_way, *found)


def _intraclass(units: float, raters: float, error: float, shape: tuple[int, ...]) -> tuple[float | None, float | None]:
    """ICC(A,1) and ICC(C,1) from the mean squares of units, raters and what is left of a two-way layout."""
    count, columns = shape
    consistency = units + (columns - 1) * error
    bias = columns / count * (raters - error)
    return _share(units - error, consistency + bias), _share(units - error, consistency)


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None
