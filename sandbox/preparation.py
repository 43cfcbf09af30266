"""Embeds what a run needs before its first call."""

from typing import NamedTuple

from memory import CachedEmbedder, EmbedderError, VectorSpace, open_embedder
from sandbox.errors import UsageError
from sandbox.manifest import EmbedderUsed
from sandbox.plan import Plan


class Vectors(NamedTuple):
    """The vectors of a run's questions and where they come from."""

    embedder: EmbedderUsed
    space: VectorSpace


def embed(plan: Plan) -> Vectors:
    """Embed every question of `plan`, or take its vector from the cache. Raises `UsageError`."""
    texts = plan.texts()
    try:
        embedder = CachedEmbedder(open_embedder(plan.config.embedder))
        space = VectorSpace(texts, embedder.embed(texts))
    except EmbedderError as error:
        raise UsageError(str(error)) from error
    return Vectors(EmbedderUsed(name=embedder.name, digest=embedder.digest, dimension=embedder.dimension), space)
