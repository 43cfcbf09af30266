"""`SentenceEmbedder`: vectors by sentence-transformers, on the processor, of any model that it reads.

Knows no cache and no store.
"""

import importlib
import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from memory.units import unit_vectors
from memory.weights import EmbedderError, Weights

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BACKEND: Final = "torch"
_SPOILT: Final = "a file of it is missing or damaged, or it is of a kind that this sentence-transformers does not know"
_MORE: Final = "--debug shows what it says."


class SentenceEmbedder:
    """The model in `weights`, under the `name` it was asked for. It is loaded (5 s) at the first `embed`.

    A vector depends on its text alone. In a batch it would not: padding and the shapes of the matrices change the
    last bits of 57 % of the vectors of real questions, and so does the number of threads within one text (24 %).
    Hence one text at a time on one thread, and as many texts at once as there are cores: 2,178 questions take 14 s
    on 2 cores (16 s with both cores on one text, 7 s in batches). Never a GPU, for it rounds differently again.
    """

    def __init__(self, name: str, weights: Weights) -> None:
        self.name: Final = name
        self.digest: Final = weights.digest
        self.dimension: Final = weights.dimension
        self.backend: Final = BACKEND
        self._weights: Final = weights

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The unit vectors of `texts`, float32 (len(texts), dimension). Raises `EmbedderError`."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what torch and transformers deprecate is theirs to settle
            model, cores = self._model, self._cores
            with ThreadPoolExecutor(cores, initializer=_use_one_thread) as pool:
                rows = list(pool.map(partial(_encode, self._weights.folder, model), texts))
        return unit_vectors(self._weights, np.array(rows, dtype=np.float64))

    @cached_property
    def _model(self) -> "SentenceTransformer":
        return _load(self._weights.folder)

    @cached_property
    def _cores(self) -> int:
        import torch  # slow to import

        return torch.get_num_threads()  # respects OMP_NUM_THREADS and the cores this process may use


def _use_one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _encode(folder: Path, model: "SentenceTransformer", text: str) -> NDArray[np.float32]:
    try:
        row: NDArray[np.float32] = model.encode([text], show_progress_bar=False)[0]
    except Exception as error:  # what a model's own settings make it do
        raise EmbedderError(f"The model in {folder} makes no vectors: {_SPOILT}.\n{_MORE}") from error
    return row


def _load(folder: Path) -> "SentenceTransformer":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch

    logging: Any = importlib.import_module("transformers.utils.logging")  # has no annotations
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    before = torch.random.get_rng_state()
    model = _read(folder)
    # Weights that the file lacks were drawn at random. Some are never used; if they are, every vector is noise.
    drawn = not torch.equal(before, torch.random.get_rng_state())
    if drawn and not np.array_equal(_encode(folder, model, "a"), _encode(folder, _read(folder), "a")):
        raise EmbedderError(f"The model in {folder} cannot be loaded: its .safetensors file lacks weights.")
    return model


def _read(folder: Path) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    settings = {"use_safetensors": True}  # never a pickle
    try:
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs=settings)
    except Exception as error:  # a folder may say anything, and each library that reads it has errors of its own
        raise EmbedderError(f"The model in {folder} cannot be loaded: {_SPOILT}.\n{_MORE}") from error
