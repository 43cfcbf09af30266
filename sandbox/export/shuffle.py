"""Seeded order without a generator: a place, or a number, for each thing by its name, whatever came before it."""

import hashlib


def place(seed: int, *names: object) -> int:
    """Where something stands in the order of this seed, 0 <= place < 2**63."""
    digest = hashlib.sha256("/".join(map(str, (seed, *names))).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def uniform(seed: int, *names: object) -> float:
    """A number for something, evenly spread over 0 <= number < 1."""
    return (place(seed, *names) >> 10) / (1 << 53)
