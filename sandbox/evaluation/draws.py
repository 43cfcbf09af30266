"""Every random choice of an evaluation: a function of (seed, suite, item, sample), so there is no state to save.

Suites are known by their names, so that nothing depends on which others are asked, or in which order.
"""

import hashlib
from random import Random

from sandbox.runs.evaluation.records import AskKey


def sampling_seed(seed: int, key: AskKey) -> int:
    """The sampling seed of one ask, 0 <= seed < 2**31 (what every endpoint takes)."""
    digest = hashlib.sha256(f"{seed}/{'/'.join(map(str, tuple(key)))}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def order(seed: int, suite: str, item: str, sample: int, count: int) -> tuple[int, ...]:
    """In which order `count` options are shown, by their places in the item."""
    places = list(range(count))
    Random(f"{seed}/{suite}/{item}/{sample}/order").shuffle(places)
    return tuple(places)
