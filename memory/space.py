"""The distinct questions of a run and their unit vectors, held once and shared by everything that remembers.

Knows questions, rows and similarities; not who remembers what, nor when.
"""

import hashlib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from memory.disk import Vectors, read_npy
from memory.files import StoreError, dump_lines, read_lines, write_atomically
from memory.opening import remove

if TYPE_CHECKING:
    import faiss

UNIT_TOLERANCE = 1e-3
Rows = NDArray[np.int64]


class UnknownQuestionError(LookupError):
    """A question that has no vector here: it was not among those the space was built from."""


class _QuestionLine(NamedTuple):
    question: str


_QUESTION_LINE = TypeAdapter(_QuestionLine)


class VectorSpace:
    """`questions`, n distinct texts, and `vectors`, float32 (n, d), row i being the unit vector of question i.

    The vectors live once, in a `faiss.IndexFlatIP`; agents hold row numbers. Raises `ValueError` for vectors of
    another shape, not finite or not of length 1 (within 1e-3), and for questions that repeat or are no Unicode.
    """

    def __init__(self, questions: Sequence[str], vectors: Vectors) -> None:
        import faiss  # slow to import

        vectors = _checked(questions, np.ascontiguousarray(vectors, dtype=np.float32))
        self.questions: Final = tuple(questions)
        self._row: Final = {question: row for row, question in enumerate(questions)}
        if len(self._row) != len(questions):
            raise ValueError("Every question needs one vector: a question is given twice.")
        self._faiss: Final = faiss
        self._index: Final[Any] = faiss.IndexFlatIP(vectors.shape[1])  # its stubs miss half of its methods
        self._index.add(vectors)
        self._vectors: Final = _view(self._index)

    def __len__(self) -> int:
        return len(self._row)

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return int(self._vectors.shape[1])

    def row(self, question: str) -> int:
        """The row of `question`. Raises `UnknownQuestionError`."""
        try:
            return self._row[question]
        except KeyError:
            raise UnknownQuestionError(
                f"A question has no vector among the {len(self)} known: {question[:80]!r}. "
                "Every question is embedded before it is asked or remembered."
            ) from None

    def vectors(self, rows: Rows) -> Vectors:
        """A copy of the vectors of `rows`, float32 (len(rows), d)."""
        return self._vectors[rows]

    def digest(self, questions: Iterable[str]) -> str:
        """Sha256 (hex) of `questions` and their vectors, in that order. Raises `UnknownQuestionError`."""
        digest = hashlib.sha256()
        for question in questions:
            vector = self._vectors[self.row(question)]
            digest.update(hashlib.sha256(question.encode()).digest())
            digest.update(vector.data)
        return digest.hexdigest()

    def scan(self, row: int, rows: Rows) -> Vectors:
        """Inner products of the vector of `row` with those of `rows`, by FAISS: float32 (len(rows),), good to 1e-5.

        `compute_distance_subset` reads the rows where they are. Over 60, 500 and 5,000 entries in a space of
        50,000 it takes 3, 19 and 200 microseconds; a search with an `IDSelectorBatch` takes 120, 160 and 610,
        because it walks the whole space; copying the rows for numpy takes 4, 31 and 360.
        """
        found = np.empty(len(rows), dtype=np.float32)
        pointer = self._faiss.swig_ptr
        # A second thread is waited for longer than all of this takes: 190 against 7 microseconds beside a busy process.
        # The setting is one of the calling thread alone, so it is made (0.1 microseconds) where the search is.
        self._faiss.omp_set_num_threads(1)
        self._index.compute_distance_subset(1, pointer(self._vectors[row]), len(rows), pointer(found), pointer(rows))
        return found

    def measure(self, row: int, rows: Rows) -> NDArray[np.float64]:
        """The same inner products, float64 (len(rows),), in the same bits on every machine.

        A float32 sum depends on how many numbers a processor adds at once, and a similarity near a rounding
        edge would then differ between machines. The product of two float32 is exact in float64, and a running
        sum adds strictly from left to right.
        """
        products: NDArray[np.float64] = self._vectors[rows] * self._vectors[row].astype(np.float64)
        sums: NDArray[np.float64] = products.cumsum(axis=1)
        return sums[:, -1]

    def save(self, folder: Path) -> None:
        """Write `questions.npy` and `questions.jsonl` into `folder`, which is no link, for good. Raises `OSError`."""
        # Removed first: a save that is cut short must not leave old questions beside new vectors.
        remove(folder / "questions.jsonl", depth=2)
        array = io.BytesIO()
        np.save(array, self._vectors, allow_pickle=False)
        write_atomically(folder / "questions.npy", array.getvalue(), durable=True, depth=2)
        lines = dump_lines({"question": question} for question in self.questions)
        write_atomically(folder / "questions.jsonl", lines, durable=True, depth=2)

    @classmethod
    def load(cls, folder: Path) -> "VectorSpace":
        """What `save` wrote into `folder`. Raises `StoreError` that names the file."""
        vectors = read_npy(folder / "questions.npy")
        questions = [line.question for line in read_lines(folder / "questions.jsonl", _QUESTION_LINE)]
        try:
            return cls(questions, vectors)
        except ValueError as error:
            raise StoreError(f"{folder / 'questions.npy'} and questions.jsonl cannot be used: {error}") from error


def _checked(questions: Sequence[str], vectors: Vectors) -> Vectors:
    if vectors.ndim != 2 or vectors.shape[1] < 1:
        raise ValueError(f"Vectors must be rows of numbers, not an array of shape {vectors.shape}.")
    if len(vectors) != len(questions):
        raise ValueError(f"Every question needs one vector: {len(questions)} questions, {len(vectors)} vectors.")
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    wrong = np.flatnonzero(~(np.abs(lengths - 1) <= UNIT_TOLERANCE))  # not "> tolerance", which nan would pass
    if wrong.size:
        raise ValueError(f"Vectors must have length 1: row {wrong[0]} has {lengths[wrong[0]]:.4g}.")
    for question in questions:
        _check_text(question)
    return vectors


def _check_text(question: str) -> None:
    try:
        question.encode()
    except UnicodeEncodeError:
        raise ValueError("A question holds half a character, which is no text.") from None


def _view(index: "faiss.IndexFlatIP") -> Vectors:
    """The rows of `index` where FAISS keeps them, read-only; valid as long as `index` lives and is not added to."""
    import faiss

    if not index.ntotal:
        return np.empty((0, index.d), dtype=np.float32)
    rows: Vectors = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d).reshape(index.ntotal, index.d)
    rows.flags.writeable = False
    return rows
