"""Rows of numbers made unit vectors. Knows no model, but says which one is damaged."""

import numpy as np
from numpy.typing import NDArray

from memory.weights import EmbedderError, Weights


def unit_vectors(weights: Weights, rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """`rows`, float64 (n, d), as the model in `weights` gave them, each divided by its length: float32 (n, d).

    Raises `EmbedderError` where they have another length than the settings of the model say, or no direction.
    """
    if rows.shape[1:] != (weights.dimension,):
        raise EmbedderError(
            f"The model in {weights.folder} gives vectors of another length than its settings say "
            f"({weights.dimension})."
        )
    lengths = np.sqrt(np.square(rows).cumsum(axis=1)[:, -1:])
    if not np.all(np.isfinite(lengths) & (lengths > 0)):
        raise EmbedderError(f"The model in {weights.folder} gives vectors without a direction: it is damaged.")
    units: NDArray[np.float64] = rows / lengths
    return units.astype(np.float32)
