"""What one agent remembers: text, vectors and exact recall. Knows nothing of agents or societies."""

from memory.cache import CachedEmbedder
from memory.disk import StoreError
from memory.embedding import Embedder, EmbedderError, open_embedder
from memory.space import UnknownQuestionError, VectorSpace
from memory.store import Entry, Memory, Recall

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
