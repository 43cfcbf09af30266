"""What one agent remembers: text, vectors and exact recall. Knows nothing of agents or societies."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from memory.recall import Recall

if TYPE_CHECKING:
    from memory.cache import CachedEmbedder
    from memory.embedding import Embedder, EmbedderError, open_embedder
    from memory.files import StoreError
    from memory.space import UnknownQuestionError, VectorSpace
    from memory.store import Entry, Memory

__all__ = [
    "CachedEmbedder",
    "Embedder",
    "EmbedderError",
    "Entry",
    "Memory",
    "Recall",
    "StoreError",
    "UnknownQuestionError",
    "VectorSpace",
    "open_embedder",
]

# numpy and what needs it are loaded when they are asked for: a reader of logs asks for `Recall` alone.
_HOMES: Final = {
    "CachedEmbedder": "cache",
    "StoreError": "files",
    "Embedder": "embedding",
    "EmbedderError": "embedding",
    "open_embedder": "embedding",
    "UnknownQuestionError": "space",
    "VectorSpace": "space",
    "Entry": "store",
    "Memory": "store",
}


def __getattr__(name: str) -> Any:
    """Load a name of this package. Raises `AttributeError`."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"memory.{_HOMES[name]}"), name)
