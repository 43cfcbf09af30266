"""`HashEmbedder`: vectors from hashed words and letters, for tests and trials. Needs no language model and no file.

Knows spelling and nothing of meaning: texts are similar when they share words and parts of words.
"""

import hashlib
import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

_DIMENSION = 384
_RECIPE = "a word counts 3, its letter triples 1 each, the whole text a tenth of the rest"
_WORD = re.compile(r"\w+")


class HashEmbedder:
    """Unit vectors of 384 numbers; a text has the same bits on every machine and in every process."""

    def __init__(self) -> None:
        self.name: Final = "hash"
        self.backend: Final = None
        self.dimension: Final = _DIMENSION
        self.digest: Final = hashlib.sha256(f"{_RECIPE}; {_DIMENSION}".encode()).hexdigest()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The unit vectors of `texts`, float32 (len(texts), 384). Every text has one, the empty text too."""
        vectors = np.empty((len(texts), _DIMENSION), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = _unit_vector(text)
        return vectors


def _unit_vector(text: str) -> NDArray[np.float64]:
    """Whole numbers up to one square root and one division each, so there is no sum that could round differently."""
    words = 100 * _word_counts(text)
    # Texts that differ only in case, order or punctuation have the same words; this keeps them 0.01 apart.
    vector = words + max(1, _length(words) // 28) * _signature(text)
    return vector / math.sqrt(int(vector @ vector))


def _length(vector: NDArray[np.int64]) -> int:
    return math.isqrt(int(vector @ vector))


def _word_counts(text: str) -> NDArray[np.int64]:
    codes = [code for word in _WORD.findall(text.casefold()) for code in _word_codes(word)]
    counts = np.bincount(np.array(codes, dtype=np.int64), minlength=2 * _DIMENSION)
    return counts[:_DIMENSION] - counts[_DIMENSION:]


@lru_cache(maxsize=1 << 16)
def _word_codes(word: str) -> tuple[int, ...]:
    edged = f"<{word}>"
    triples = (edged[start : start + 3] for start in range(len(edged) - 2))
    return (_code(edged),) * 3 + tuple(map(_code, triples))


def _code(text: str) -> int:
    """A number below 2d: code c adds 1 to number c of the vector, code d + c takes 1 from it."""
    return int.from_bytes(_digest(text)[:4]) % (2 * _DIMENSION)


def _signature(text: str) -> NDArray[np.int64]:
    """Eight numbers of 1 or -1 in places that the whole text decides, one in each eighth of the vector; length 2.8."""
    digest = _digest(text)
    vector = np.zeros(_DIMENSION, dtype=np.int64)
    eighth = _DIMENSION // 8
    for part in range(8):
        vector[part * eighth + digest[part] % eighth] = 1 if digest[part + 8] & 1 else -1
    return vector


def _digest(text: str) -> bytes:
    # Not hash(), which differs between processes.
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
