"""Which texts a person is shown, and in which order: a function of (seed, name), so there is no state to save.

The texts follow from the seed alone, and are those that `sandbox rate` draws by it, so that people and observers judge
the same ones. The order is each person's own.
"""

from collections.abc import Sequence
from random import Random
from typing import Final

from agents.protocol import ScoredText

_FEWEST: Final = 2  # second texts that can change places

Place = tuple[int, ScoredText]


def in_order(seed: int, annotator: str, texts: Sequence[Place]) -> list[Place]:
    """`texts`, shuffled; of two of one interaction, chance says which comes first, and the other one comes at the end.

    So nobody compares draft and revision while one of them is still in mind.
    """
    chance = Random(f"{seed}/annotate/{annotator}")
    first: list[Place] = []
    second: list[Place] = []
    seen: set[int] = set()
    for place in chance.sample(sorted(texts), len(texts)):
        (second if place[0] in seen else first).append(place)
        seen.add(place[0])
    if len(second) >= _FEWEST and second[0][0] == first[-1][0]:
        second.append(second.pop(0))
    return first + second
