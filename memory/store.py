"""What one agent remembers, and what it recalls as of an earlier round.

Knows questions, answers and rounds; not who the agent is. Every version of an answer is kept, because an agent that
is ahead is read by neighbours "as of" a round that it has left behind.
"""

from array import array
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter

from memory.disk import read_flat
from memory.files import StoreError, dump_lines, read_lines, replace_in
from memory.opening import folder_of, remove_in
from memory.recall import Recall
from memory.space import Rows, UnknownQuestionError, VectorSpace

__all__ = ["Entry", "Memory", "Recall", "StoreError", "UnknownQuestionError", "VectorSpace"]

# FAISS's float32 similarities only propose: whatever may win after rounding to 4 decimals lies this close to the best.
_MARGIN = 1e-3


class Entry(NamedTuple):
    """One remembered answer. Rounds count from 0, -1 is before the first."""

    question: str
    answer: str
    round: Annotated[int, Field(ge=-(2**63), lt=2**63)]


_ENTRY = TypeAdapter(Entry)


class Memory:
    """What one agent remembers: rows of `space`, which all agents share, with answers and rounds."""

    __slots__ = ("_answers", "_rounds", "_rows", "_space")

    def __init__(self, space: VectorSpace) -> None:
        self._space: Final = space
        # 24 bytes an entry beside the answer's text, so 10,000 agents cost what their answers cost.
        self._rows: Final = array("q")
        self._rounds: Final = array("q")
        self._answers: Final[list[str]] = []

    def add(self, question: str, answer: str, round: int) -> None:  # noqa: A002  (the word of the log)
        """Remember `answer` as that of `round`. Raises `UnknownQuestionError`."""
        row = self._space.row(question)
        self._rows.append(row)
        self._rounds.append(round)
        self._answers.append(answer)

    def recall(self, question: str, threshold: float, before_round: int) -> Recall | None:
        """The most similar remembered question of the rounds before `before_round`, if it reaches `threshold`.

        Similarity is the inner product of unit vectors, rounded to 4 decimals. Among equals the question itself wins,
        though another may round to 1.0 too, so a remembered question always recalls its own newest answer; then the
        newest wins, then the smaller question text.
        Raises `UnknownQuestionError`.
        """
        row = self._space.row(question)
        rows = np.array(self._rows, dtype=np.int64)
        near = self._near(row, rows, threshold, before_round)
        if not near.size:
            return None
        exact = self._space.measure(row, rows[near])
        # Adding 0.0 turns -0.0, which JSON would show, into 0.0.
        scored = [(round(float(value), 4) + 0.0, int(place)) for value, place in zip(exact, near, strict=True)]
        similarity, place = min(scored, key=lambda item: self._rank(item, row))
        if similarity < threshold:
            return None
        found = self._entry(place)
        return Recall(question=found.question, answer=found.answer, similarity=similarity, round=found.round)

    def _near(self, row: int, rows: Rows, threshold: float, before_round: int) -> NDArray[np.int64]:
        """Places, in the order added, of the entries before `before_round` that may win; `rows` are those of all."""
        known: NDArray[np.int64] = np.flatnonzero(np.array(self._rounds, dtype=np.int64) < before_round)
        if not known.size:
            return known
        scanned = self._space.scan(row, rows[known])
        promising = scanned >= max(float(scanned.max()), threshold) - _MARGIN
        return known[promising]

    def _rank(self, scored: tuple[float, int], asked: int) -> tuple[float, bool, int, str, int]:
        similarity, place = scored
        found = self._entry(place)
        return -similarity, self._rows[place] != asked, -found.round, found.question, -place

    def _entry(self, place: int) -> Entry:
        question = self._space.questions[self._rows[place]]
        return Entry(question, self._answers[place], self._rounds[place])

    def entries(self) -> list[Entry]:
        """The newest answer to every remembered question, in the order in which those answers were added."""
        return [self._entry(place) for place in self._newest()]

    def _newest(self) -> list[int]:
        newest: dict[int, int] = {}
        for place, row in enumerate(self._rows):
            if row not in newest or self._rounds[place] >= self._rounds[newest[row]]:
                newest[row] = place
        return sorted(newest.values())

    def save(self, stem: Path) -> None:
        """Write the newest answers as `<stem>.jsonl` and their vectors, in the same order, as `<stem>.faiss`.

        The vectors are a FAISS flat inner-product index that needs no other file. Raises `OSError`.
        """
        import faiss  # slow to import

        index = faiss.IndexFlatIP(self._space.dimension)
        newest = self._newest()
        index.add(self._space.vectors(np.array([self._rows[place] for place in newest], dtype=np.int64)))
        with folder_of(stem, depth=2) as folder:
            # Removed first: a save that is cut short must not leave old answers beside new vectors.
            remove_in(folder, f"{stem.name}.jsonl")
            replace_in(folder, f"{stem.name}.faiss", faiss.serialize_index(index).tobytes())
            replace_in(folder, f"{stem.name}.jsonl", dump_lines(self._entry(place)._asdict() for place in newest))

    @classmethod
    def load(cls, stem: Path) -> "Memory":
        """What `save` wrote: a memory over a space of its own, which knows only the questions remembered.

        Raises `StoreError` that names the file.
        """
        vectors = read_flat(_beside(stem, ".faiss"))
        entries = read_lines(_beside(stem, ".jsonl"), _ENTRY)
        try:
            memory = cls(VectorSpace([entry.question for entry in entries], vectors))
        except ValueError as error:
            raise StoreError(f"{_beside(stem, '.faiss')} and .jsonl cannot be used: {error}") from error
        for entry in entries:
            memory.add(*entry)
        return memory


def _beside(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)
