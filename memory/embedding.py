"""From texts to unit vectors: the `Embedder` protocol, and `open_embedder`, which knows the embedders by name."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from memory import sentences
from memory.bert import read_bert
from memory.bert_embedder import BertEmbedder
from memory.hashing import HashEmbedder
from memory.sentences import SentenceEmbedder
from memory.weights import EmbedderError, find_weights

__all__ = ["BertEmbedder", "Embedder", "EmbedderError", "HashEmbedder", "SentenceEmbedder", "open_embedder"]


class Embedder(Protocol):
    """Anything that gives a text a unit vector which depends on nothing but the text."""

    @property
    def name(self) -> str:
        """What was asked for: `hash`, a folder, or the name of a model."""
        ...

    @property
    def digest(self) -> str:
        """Sha256 (hex) of what decides the vectors but for their last bits; cheap, a model is not loaded for it."""
        ...

    @property
    def backend(self) -> Literal["onnx", "torch"] | None:
        """What computes the vectors, which decides their last bits: `onnx`, `torch`, or None where nothing does."""
        ...

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The unit vectors of `texts` in their order, float32 (len(texts), dimension). Raises `EmbedderError`."""
        ...


def open_embedder(name: str, backend: str | None = None) -> Embedder:
    """The embedder called `name`: `hash`, a model folder, or a model that is installed or on the Hugging Face hub.

    By `backend`, else by onnxruntime where all is known of the model, else by sentence-transformers and torch.
    Takes up to a second (weights are checked, not loaded). Raises `EmbedderError` that says what to do.
    """
    if name == "hash":
        return HashEmbedder()
    weights = find_weights(name)
    bert = None if backend == sentences.BACKEND else read_bert(weights.folder)
    return BertEmbedder(name, weights, bert) if bert else SentenceEmbedder(name, weights)
