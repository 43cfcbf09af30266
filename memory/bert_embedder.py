"""`BertEmbedder`: vectors from a BERT without torch, by onnxruntime on the processor. Knows no cache and no store."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from memory.bert import Bert, shapes
from memory.bert_graph import bert_graph, is_linear
from memory.units import unit_vectors
from memory.weights import EmbedderError, Weights
from memory.wordpiece import open_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BACKEND: Final = "onnx"


class _Loaded(NamedTuple):
    tokenizer: "Tokenizer"
    session: Any  # an onnxruntime.InferenceSession


class BertEmbedder:
    """The model in `weights`, which has the measures of `bert`, under the `name` it was asked for.

    It is loaded (0.5 s) at the first `embed`. A vector depends on its text alone: one text at a time on one thread, and
    as many texts at once as there are cores. It takes a third of the processor time of `SentenceEmbedder`, and its
    numbers differ from the other's by 3e-7 at most, as sums are added in another order.
    """

    def __init__(self, name: str, weights: Weights, bert: Bert) -> None:
        self.name: Final = name
        self.digest: Final = weights.digest
        self.dimension: Final = weights.dimension
        self.backend: Final = BACKEND
        self._weights: Final = weights
        self._bert: Final = bert

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The unit vectors of `texts`, float32 (len(texts), dimension). Raises `EmbedderError`."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        _ = self._loaded  # here, and not in every thread
        with ThreadPoolExecutor(cores()) as pool:
            rows = list(pool.map(self._mean, texts))
        return unit_vectors(self._weights, np.array(rows))

    def _mean(self, text: str) -> NDArray[np.float64]:
        ids = np.array([self._loaded.tokenizer.encode(text).ids], dtype=np.int64)
        places = np.arange(ids.shape[1], dtype=np.int64)[np.newaxis]
        (states,) = self._loaded.session.run(None, {"ids": ids, "places": places})
        mean: NDArray[np.float64] = states[0].mean(axis=0, dtype=np.float64)
        return mean

    @cached_property
    def _loaded(self) -> _Loaded:
        return _Loaded(open_tokenizer(self._weights.folder, self._bert.longest), self._session())

    def _session(self) -> Any:
        # Else it numbers this machine, in the user's cache folder, and reports to Microsoft from its import on.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime  # slow to import

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors
        values = self._values()
        options.add_external_initializers(
            [*values], [onnxruntime.OrtValue.ortvalue_from_numpy(each) for each in values.values()]
        )
        return onnxruntime.InferenceSession(bert_graph(self._bert), options, providers=["CPUExecutionProvider"])

    def _values(self) -> dict[str, NDArray[np.float32]]:
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self._weights.folder / "model.safetensors", "numpy") as file:
                stored = {name: file.get_tensor(name) for name, _ in shapes(self._bert)}
        except (OSError, SafetensorError) as error:
            why = "its .safetensors file was changed meanwhile, or cannot be read"
            raise EmbedderError(f"The model in {self._weights.folder} cannot be loaded: {why}.") from error
        return {name: np.ascontiguousarray(each.T) if is_linear(name) else each for name, each in stored.items()}


def cores() -> int:
    """How many texts are embedded at once: `OMP_NUM_THREADS`, else the cores that this process may use."""
    named = os.environ.get("OMP_NUM_THREADS", "")
    if named.isdecimal() and int(named):
        return int(named)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
