"""Ranks with ties averaged, and Spearman's correlation of them. Knows numbers alone.

Ties broken by the order of a file, as in what was published with arXiv 2402.15018, make the correlation depend on it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]


def average_ranks(values: "Sequence[float] | Values") -> "Values":
    """1 for the least; equal ones have the mean of the ranks that they take up."""
    import numpy as np

    _, places, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[places])


def spearman(one: "Sequence[float] | Values", other: "Sequence[float] | Values") -> float | None:
    """The correlation of the ranks of pairs; None where one side is constant, or there are fewer than two."""
    import numpy as np

    if len(one) < 2:
        return None
    first, second = (ranks - ranks.mean() for ranks in (average_ranks(one), average_ranks(other)))
    width = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / width if width else None
