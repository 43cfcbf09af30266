"""Every random choice of a run: a function of (seed, round, agent, purpose), so there is no random state to save."""

import hashlib
from random import Random
from typing import Final

from sandbox.runs.records import CallKey

PRIOR_ROUND: Final = -1


def draw(seed: int, round_: int, agent: int, purpose: str) -> Random:
    """A generator of its own for one choice; before the first round the round is -1, for nobody the agent is -1."""
    return Random(f"{seed}/{round_}/{agent}/{purpose}")


def sampling_seed(seed: int, key: CallKey) -> int:
    """The sampling seed of one ask, 0 <= seed < 2**31 (what every endpoint takes)."""
    digest = hashlib.sha256(f"{seed}/{'/'.join(map(str, key))}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
