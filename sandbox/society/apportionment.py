"""Whole numbers in given shares, by largest remainder. Knows neither agents nor what they are shared out to."""

from collections.abc import Sequence


def apportioned(shares: Sequence[float], size: int) -> list[int]:
    """How many of `size` each share gets, in their order: rounded down, and the rest to the largest remainders.

    Of equal remainders the first comes first. The counts sum to `size`.
    """
    whole = sum(shares)
    exact = [size * share / whole for share in shares]
    counts = [int(value) for value in exact]
    by_remainder = sorted(range(len(shares)), key=lambda index: counts[index] - exact[index])
    for index in by_remainder[: size - sum(counts)]:
        counts[index] += 1
    return counts
