"""Interactions of several runs, question by question, whatever their order in the logs.

Keeps twenty bytes an interaction, not the records: those are read again from their places. Knows runs and records.
"""

import hashlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, Final, NamedTuple

import numpy as np

from sandbox.export.rows import Spoken
from sandbox.json_lines import raw_lines
from sandbox.records import Interaction
from sandbox.run_reading import Run


class Read(NamedTuple):
    """What was read of one run: how many interactions, and the sha256 of their lines."""

    run: Run
    interactions: int
    sha256: str


class Interactions:
    """Those interactions of `runs`, which are in order of id, that `chosen` takes; `seen` is told of each of them."""

    def __init__(
        self, runs: Sequence[Run], chosen: Callable[[Spoken], bool], seen: Callable[[Interaction], None]
    ) -> None:
        self.runs: Final = runs
        self.read: Final[list[Read]] = []
        self._questions: Final[dict[str, int]] = {}
        self._question_of: Final = array("I")
        self._run_of: Final = array("I")
        self._number: Final = array("I")
        self._start: Final = array("Q")
        self._chosen: Final = chosen
        self._seen: Final = seen

    def index(self) -> Iterator[int]:
        """Find their places, giving the number of lines read so far. Raises `SandboxError` that names a bad line."""
        lines = 0
        for at, run in enumerate(self.runs):
            start, number, digest = 0, 0, hashlib.sha256()
            for number, line in raw_lines(run.directory.interactions):
                item = run.interaction(number, line)
                digest.update(line)
                if self._chosen(_spoken(run, item)):
                    self._add(item.question_id, at, number, start)
                    self._seen(item)
                start += len(line)
                lines += 1
                yield lines
            self.read.append(Read(run, number, digest.hexdigest()))

    def __len__(self) -> int:
        return len(self._start)

    def by_question(self) -> Iterator[tuple[str, list[Spoken]]]:
        """Each question's id and its interactions, in order of run, round and agent; questions by their ids."""
        ids = sorted(self._questions)
        rank = np.empty(len(ids), dtype=np.int64)
        rank[[self._questions[each] for each in ids]] = np.arange(len(ids))
        ranks = rank[np.asarray(self._question_of, dtype=np.int64)]
        order = np.argsort(ranks, kind="stable")
        bounds = np.searchsorted(ranks[order], np.arange(len(ids) + 1))
        with self._files() as files:
            for question, first, last in zip(ids, bounds[:-1], bounds[1:], strict=True):
                yield question, [self._at(int(place), files) for place in order[first:last]]

    def one_by_one(self) -> Iterator[tuple[str, list[Spoken]]]:
        """The same of each interaction alone, in order of run, round and agent."""
        with self._files() as files:
            for place in range(len(self)):
                spoken = self._at(place, files)
                yield spoken.item.question_id, [spoken]

    @contextmanager
    def _files(self) -> Iterator[list[BinaryIO]]:
        with ExitStack() as stack:
            yield [stack.enter_context(run.directory.interactions.open("rb")) for run in self.runs]

    def _add(self, question: str, run: int, number: int, start: int) -> None:
        self._question_of.append(self._questions.setdefault(question, len(self._questions)))
        self._run_of.append(run)
        self._number.append(number)
        self._start.append(start)

    def _at(self, place: int, files: Sequence[BinaryIO]) -> Spoken:
        run = self.runs[self._run_of[place]]
        file = files[self._run_of[place]]
        file.seek(self._start[place])
        return _spoken(run, run.interaction(self._number[place], file.readline()))


def _spoken(run: Run, item: Interaction) -> Spoken:
    return Spoken(run.manifest.run_id, run.manifest.models.observer, item)
