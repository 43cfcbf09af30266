"""Every random choice of a rating: a function of (seed, name, ask), so there is no state to save.

The name is in it, so that two ratings by one observer are two draws; which texts are rated is the same for both.
"""

import hashlib
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from sandbox.runs.rating.records import RatingKey

T = TypeVar("T")


def sampling_seed(seed: int, name: str, key: RatingKey) -> int:
    """The sampling seed of one ask, 0 <= seed < 2**31 (what every endpoint takes), and no run's own."""
    digest = hashlib.sha256(f"{seed}/rate/{name}/{'/'.join(map(str, tuple(key)))}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def drawn(seed: int, texts: Sequence[T], count: int | None) -> Sequence[T]:
    """So many of `texts`, or all where there are no more, in no order."""
    if count is None or count >= len(texts):
        return texts
    return Random(f"{seed}/rate/texts").sample(texts, count)
