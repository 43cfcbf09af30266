"""Ranks with ties averaged, and Spearman's correlation of them. Knows numbers alone.

Ties broken by the order of a file, as in what was published with arXiv 2402.15018, make the correlation depend on it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]


def average_ranks(values: "Values") -> "Values":
    """In each row: 1 for the least; equal ones have the mean of the ranks that they take up."""
    import numpy as np

    order = np.argsort(values, axis=-1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=-1)
    places = np.broadcast_to(np.arange(values.shape[-1]), values.shape)
    new = np.ones_like(values, dtype=bool)
    new[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    last = np.roll(new, -1, axis=-1)  # of those that are equal
    first = np.maximum.accumulate(np.where(new, places, 0), axis=-1)
    after = np.where(last, places, values.shape[-1])[..., ::-1]
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, (first + np.minimum.accumulate(after, axis=-1)[..., ::-1]) / 2 + 1, axis=-1)
    return ranks


def spearman(one: "Sequence[float] | Values", other: "Sequence[float] | Values") -> float | None:
    """The correlation of the ranks of pairs; None where one side is constant, or there are fewer than two."""
    import numpy as np

    found = float(correlations(np.array([one], dtype=np.float64), other)[0])
    return None if np.isnan(found) else found


def correlations(rows: "Values", other: "Sequence[float] | Values") -> "Values":
    """Spearman's of each row with `other`; nan where it is undefined, as where a value is nan."""
    import numpy as np

    ranks, others = average_ranks(rows), average_ranks(np.array(other, dtype=np.float64))
    first, second = (each - (len(other) + 1) / 2 for each in (ranks, others))
    width = np.sqrt((first**2).sum(axis=1) * (second**2).sum())
    known = (width > 0) & ~np.isnan(rows).any(axis=1)
    return np.asarray(np.divide(first @ second, width, out=np.full(len(rows), np.nan), where=known))
