"""The vectors of all cells of a study, made once before the first: a model that makes them is loaded for none of them.

Knows texts and the cache on disk.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from sandbox.embedders import open_cached, vectors_of
from sandbox.society.plan import Plan


class Embedded(NamedTuple):
    """How many texts have vectors in the cache now, and what is wrong with it, if something is."""

    texts: int
    notes: list[str]


def embed_all(plans: Iterable[Plan], stopped: Callable[[], bool]) -> Embedded:
    """Embed what the runs of `plans` will need, or find it in the cache, unless `stopped`. Raises `UsageError`."""
    texts: dict[str, dict[str, None]] = {}
    for plan in plans:
        texts.setdefault(plan.config.embedder, {}).update(dict.fromkeys(plan.texts))
    notes = []
    for name, wanted in texts.items():
        embedder = open_cached(name)
        vectors_of(embedder, [*wanted], stopped)
        notes += [embedder.note] if embedder.note else []
    return Embedded(sum(map(len, texts.values())), notes)
