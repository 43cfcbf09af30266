"""Who of a society is of which group of a population, and what so many agents in each can show.

Known from population, size and seed alone. Knows no ratings, and no more of the grid than how many agents stand on it.
"""

from collections.abc import Sequence
from math import isqrt, prod
from typing import Final

from sandbox.errors import UsageError
from sandbox.runs.population import Group, Population
from sandbox.society.apportionment import apportioned
from sandbox.society.draws import PRIOR_ROUND, draw

MOST_SIDE: Final = 1_000  # of a grid, as `options/config.py` has it
# The p below which a gap is commonly called significant: a society that cannot reach it cannot answer the question.
LEVEL: Final = 0.05


def placed(population: Population, size: int, seed: int) -> tuple[Group, ...]:
    """The group of each of `size` agents, row by row: shares by largest remainder.

    Raises `UsageError` where a group gets none.
    """
    counts = counts_of(population, size)
    order = [group for group, count in zip(population.groups, counts, strict=True) for _ in range(count)]
    if population.placement == "mixed":
        draw(seed, PRIOR_ROUND, -1, "population").shuffle(order)
    return tuple(order)


def counts_of(population: Population, size: int) -> list[int]:
    """How many of `size` agents each group has, in its order. Raises `UsageError` where one has none."""
    shares = [group.share for group in population.groups]
    counts = apportioned(shares, size)
    if 0 in counts:
        raise UsageError(_too_few(population.groups[counts.index(0)].name, shares, size))
    return counts


def _too_few(name: str, shares: Sequence[float], size: int) -> str:
    # Largest remainder gives a group that is due a whole agent one, and most get one earlier.
    due = isqrt(int(min(sum(shares) / min(shares), MOST_SIDE**2)))
    sides = range(isqrt(size) + 1, min(MOST_SIDE, due + 1) + 1)
    enough = next((side for side in sides if 0 not in apportioned(shares, side**2)), None)
    remedy = "give it a larger share" if enough is None else f"use --grid {enough} or larger, or give it a larger share"
    return f"--population: of {size} agents the group {name!r} gets none\n{remedy}"


def least_p(counts: Sequence[int]) -> float:
    """The smallest p that a permutation of agents over groups of these sizes can give for the largest gap of means.

    However far apart they are, as extreme as the labels observed are all that give the same agents to the highest and
    the lowest group: the largest gap is between the two smallest groups, or groups of their sizes, and the others may
    have the rest in any order. So p is the number of such pairs over the ways to fill them; 3 agents against 3: .1.
    """
    low, high, *_ = sorted(counts)
    size = sum(counts)
    alike = counts.count(low), counts.count(high)
    pairs = alike[0] * (alike[0] - 1) if low == high else alike[0] * alike[1]
    # Both binomial coefficients factor by factor: whole, those of a million agents would take minutes.
    drawn = prod((low - place) / (size - place) for place in range(low))
    return pairs * drawn * prod((high - place) / (size - low - place) for place in range(high))


def caution(counts: Sequence[int]) -> str | None:
    """What is said before a run in which no gap between groups of these sizes can be told from chance."""
    p = least_p(counts)
    if p <= LEVEL:
        return None
    sizes = ", ".join(map(str, counts))
    return (
        f"groups of {sizes} agents: a permutation test over agents cannot give a p below {p:.2g} for a gap between "
        "them, however large it is\nuse a larger --grid, or fewer groups"
    )
