"""How alike two distributions over the same options are: 1 - the square root of their Jensen-Shannon divergence.

Base e, as the paper has it (arXiv 2402.15018; it cannot fall below 1 - sqrt(ln 2) = .1674), and base 2, which spans 0
to 1. Knows shares, neither suites nor countries.
"""

from collections.abc import Sequence
from math import log, sqrt
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Shares = NDArray[np.float64]

_WIDTH: Final = sqrt(log(2))
FLOOR: Final = 1 - _WIDTH
DRAWS: Final = 1000


def similarity(one: Sequence[float], other: Sequence[float]) -> float:
    """Base e. Each may sum to anything above 0, as rounded shares do; none may be negative (`sandbox/suites`)."""
    import numpy as np

    return float(_similarity(np.array([one], dtype=np.float64), np.array([other], dtype=np.float64))[0])


def in_base_2(similarity: float) -> float:
    """A similarity in base e, or a mean of them, in base 2: the same line for all, so that it holds of means too."""
    return 1 - (1 - similarity) / _WIDTH


def expected_of_own(shares: Sequence[float], samples: int, generator: "np.random.Generator") -> float:
    """The mean similarity, base e, of so many samples of `shares` to `shares` themselves, over 1,000 drawn sets.

    It is below 1: what has few samples looks unlike what it was sampled from. There are far too many sets of 30 samples
    of ten options to go through all.
    """
    import numpy as np

    known = np.array(shares, dtype=np.float64)
    known /= known.sum()
    drawn = generator.multinomial(samples, known, size=DRAWS)
    return float(_similarity(drawn.astype(np.float64), known[None, :]).mean())


def _similarity(one: "Shares", other: "Shares") -> "Shares":
    import numpy as np
    from scipy.special import rel_entr

    one, other = (each / each.sum(axis=1, keepdims=True) for each in (one, other))
    middle = (one + other) / 2
    divergence = (rel_entr(one, middle).sum(axis=1) + rel_entr(other, middle).sum(axis=1)) / 2
    # Of equal ones the sum is rounded to a hair below 0, and its root would be nan.
    return np.asarray(1 - np.sqrt(np.maximum(divergence, 0.0)))
