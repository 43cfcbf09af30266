"""How alike two texts are in their words: the cosine of how often each holds which. Knows texts; no language model."""

import re
from collections import Counter
from math import sqrt
from typing import Final, NamedTuple

_WORD: Final = re.compile(r"\w+")


class Words(NamedTuple):
    """How often a text holds each word, in lower case, and the length of that vector."""

    counts: Counter[str]
    length: float


def words(text: str | None) -> Words:
    """Those of `text`: letters, digits and underscores of any script in a row. None has no words."""
    counts = Counter(_WORD.findall((text or "").casefold()))
    return Words(counts, sqrt(sum(count * count for count in counts.values())))


def cosine(one: Words, other: Words) -> float | None:
    """From 0 (no word in common) to 1 (the same words equally often); None where a text has no word."""
    if not (one.length and other.length):
        return None
    common = one.counts.keys() & other.counts.keys()
    return sum(one.counts[word] * other.counts[word] for word in common) / (one.length * other.length)
