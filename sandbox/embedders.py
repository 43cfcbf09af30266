"""Embedders with a cache, by name; what goes wrong with them is told as an error of ours. Knows no run."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import memory
from sandbox.errors import UsageError

if TYPE_CHECKING:
    from memory.disk import Vectors


def open_cached(name: str, backend: str | None = None) -> memory.CachedEmbedder:
    """The embedder called `name`, found but not loaded, with the `backend` it prefers or this. Raises `UsageError`."""
    try:
        return memory.CachedEmbedder(memory.open_embedder(name, backend))
    except memory.EmbedderError as error:
        raise UsageError(str(error)) from error


def vectors_of(
    embedder: memory.CachedEmbedder, texts: Sequence[str], stopped: Callable[[], bool] = lambda: False
) -> "Vectors":
    """The vectors of `texts`, from the cache where they are there, unless `stopped`. Raises `UsageError`."""
    try:
        return embedder.embed(texts, stopped)
    except memory.EmbedderError as error:
        raise UsageError(str(error)) from error
