"""The order of kto rows: labels evenly mixed, and no row laid beside one with the same prompt or the same answer.

TRL and LLaMA-Factory compare each prompt with the answer of the row before it, and TRL the first of a batch with the
last, reading rows in order (the KL term of KTO). In batches of another size than `KTO_BATCH` only neighbours differ.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sandbox.export.names import KTO_BATCH
from sandbox.export.spool import Stored

_MOST_WAITING: Final = 1_000


class Queue:
    """Rows of one label. Those that cannot stand next wait, so many at most; others are left out."""

    def __init__(self, rows: Iterator[Stored], count: int) -> None:
        self._rows: Final = rows
        self._waiting: Final[list[Stored]] = []
        self._count: Final = max(count, 1)
        self._taken = 0
        self._left_out = 0

    @property
    def share(self) -> float:
        """How much of it was taken."""
        return self._taken / self._count

    def take(self, beside: Sequence[Stored]) -> Stored | None:
        """The next row that can stand beside those; None if there is none."""
        for at, row in enumerate(self._waiting):
            if not _clash(row, beside):
                return self._counted(self._waiting.pop(at))
        for row in self._rows:
            if not _clash(row, beside):
                return self._counted(row)
            if len(self._waiting) < _MOST_WAITING:
                self._waiting.append(row)
            else:
                self._left_out += 1
        return None

    def leave(self) -> None:
        """One that was taken is left out after all."""
        self._left_out += 1

    def end(self) -> int:
        """How many rows were left out in all, now that nothing more can be taken."""
        return self._left_out + len(self._waiting)

    def _counted(self, row: Stored) -> Stored:
        self._taken += 1
        return row


def interleaved(queues: Mapping[bool, Queue]) -> Iterator[Stored]:
    """Rows of both labels, each label as evenly spread as the prompts allow."""
    batch: list[Stored] = []
    before: list[Stored] = []
    while row := _next(queues, [*before, *batch[:1]] if len(batch) == KTO_BATCH - 1 else before):
        batch, before = [*batch, row], [row]
        if len(batch) == KTO_BATCH:
            yield from batch
            batch = []
    # The last batch may be a short one, whose end is beside its begin; one row would be beside itself.
    while batch and _clash(batch[-1], batch[:1]):
        queues[bool(batch.pop().label)].leave()
    yield from batch


def _next(queues: Mapping[bool, Queue], beside: Sequence[Stored]) -> Stored | None:
    ranked = sorted(queues.values(), key=lambda queue: queue.share)
    return ranked[0].take(beside) or ranked[1].take(beside)


def _clash(row: Stored, beside: Sequence[Stored]) -> bool:
    return any(row.group == other.group or row.answer == other.answer for other in beside)
