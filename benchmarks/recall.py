"""How long one recall takes by the size of the memory, beside a bare search. Knows `memory` alone."""

import time
from collections.abc import Callable, Iterator, Sequence

import faiss
import numpy as np

from benchmarks.figure import Figure, median_of
from memory import Memory, VectorSpace

SIZES = (60, 500, 5_000)
SPACE, DIMENSION = 20_000, 384
LOOKS = 200


def recall_figures(repetitions: int) -> Iterator[Figure]:
    """Memories of random unit vectors, asked for what they hold and for what is near nothing.

    The bare search is FAISS's own, over a flat index of the same entries.
    """
    random = np.random.default_rng(0)
    vectors = random.normal(size=(SPACE, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    space = VectorSpace([f"question {row}" for row in range(SPACE)], vectors)
    for size in SIZES:
        memory, index = Memory(space), faiss.IndexFlatIP(DIMENSION)
        for row in range(size):
            memory.add(f"question {row}", "answer", 0)
        index.add(vectors[:size])
        for kind, first in (("found", 0), ("nothing near", size)):
            asked = [(f"question {first + row % size}", 0.7, 1) for row in range(LOOKS)]
            times = [_microseconds(memory.recall, asked) for _ in range(repetitions)]
            yield median_of(f"recall among {size:,} entries, {kind}", times, "us")
        searched = [(vectors[row : row + 1], 1) for row in range(LOOKS)]
        bare = [_microseconds(index.search, searched) for _ in range(repetitions)]
        yield median_of(f"recall among {size:,} entries: bare search of a flat index", bare, "us")


def _microseconds(look: Callable[..., object], arguments: Sequence[tuple[object, ...]]) -> float:
    """What `look` takes on average."""
    started = time.perf_counter()
    for each in arguments:
        look(*each)
    return (time.perf_counter() - started) / len(arguments) * 1e6
