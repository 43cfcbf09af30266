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

    ranks = np.full(values.shape, 0.5)
    for column in range(values.shape[-1]):
        one = values[..., column : column + 1]
        ranks += (values > one) + (values == one) / 2
    return ranks


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """The correlation of the ranks of pairs; None where one side is constant, or there are fewer than two."""
    import numpy as np

    found = float(correlations(np.array([one], dtype=np.float64), other)[0])
    return None if np.isnan(found) else found


def correlations(rows: "Values", other: Sequence[float]) -> "Values":
    """Spearman's of each row with `other`; nan where it is undefined, as where a value is nan."""
    import numpy as np

    ranks, others = average_ranks(rows), average_ranks(np.array(other, dtype=np.float64))
    first, second = (each - (len(other) + 1) / 2 for each in (ranks, others))
    width = np.sqrt((first**2).sum(axis=1) * (second**2).sum())
    known = (width > 0) & ~np.isnan(rows).any(axis=1)
    return np.asarray(np.divide(first @ second, width, out=np.full(len(rows), np.nan), where=known))
