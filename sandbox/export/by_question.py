"""Interactions of several runs, question by question, whatever their order in the logs.

Keeps some forty bytes an interaction, not the records: those are read again from their places. Knows runs and records.
"""

import hashlib
import os
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from memory.opening import open_regular
from sandbox.errors import SandboxError
from sandbox.export.asking import BareQuestion, DraftPrompt, common_digests
from sandbox.export.flat import rare_fields
from sandbox.export.names import Asked
from sandbox.export.rows import Spoken
from sandbox.options.extras import view_of
from sandbox.questions.sets import Question
from sandbox.runs.json_lines import raw_lines
from sandbox.runs.kept_questions import materials
from sandbox.runs.old_schemas import UNKNOWN
from sandbox.runs.reading import Run
from sandbox.runs.records import Interaction


class RunRead(NamedTuple):
    """What was read of one run: how many interactions, and the sha256 of their lines."""

    run: Run
    interactions: int
    sha256: str


# The id of a question, and a digest of all that was shown of it where that is more than its text: with other options or
# other material a question is another task.
_Task = tuple[str, bytes]


class InteractionIndex:
    """Those interactions of `runs`, which are in order of id, that `chosen` takes; `seen` is told of each of them.

    `rare` are the fields that only some interactions have, and that any of these runs has, chosen or not; `prompts` the
    digests of the templates by which answers are `asked` for. Raises `UsageError` where there are none that all share.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        chosen: Callable[[Spoken], bool],
        seen: Callable[[Interaction], None],
        asked: Asked = "question",
    ) -> None:
        self.runs: Final = runs
        self._asking: Final = [DraftPrompt(run) if asked == "draft" else BareQuestion() for run in runs]
        self.prompts: Final = common_digests(self._asking)
        self.read: Final[list[RunRead]] = []
        self.rare: Final[set[str]] = set()
        self._raters: Final = [rater(run) for run in runs]
        self._views: Final = [view_of(run.manifest.config.evaluator_view) for run in runs]
        self._materials: Final = _materials(runs)
        self._tasks: Final[dict[_Task, int]] = {}
        self._task_of: Final = array("I")
        self._run_of: Final = array("I")
        self._number: Final = array("I")
        self._start: Final = array("Q")
        self._length: Final = array("I")
        self._check: Final = array("Q")
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
                self.rare.update(rare_fields(item))
                spoken = self._spoken(at, item)
                if self._chosen(spoken):
                    self._add(_task(spoken), at, number, start, line)
                    self._seen(item)
                start += len(line)
                lines += 1
                yield lines
            self.read.append(RunRead(run, number, digest.hexdigest()))

    def __len__(self) -> int:
        return len(self._start)

    def by_question(self) -> Iterator[tuple[str, Iterator[Spoken]]]:
        """Each question's id and its interactions, in order of run, round and agent; questions by their ids.

        A question that was shown in several ways comes once for each.
        Raises `SandboxError` if a log says something else now than when it was indexed.
        """
        tasks = sorted(self._tasks)
        rank = np.empty(len(tasks), dtype=np.uint32)
        rank[[self._tasks[each] for each in tasks]] = np.arange(len(tasks))
        ranks = rank[np.asarray(self._task_of)]
        order = np.argsort(ranks, kind="stable").astype(np.uint32)
        bounds = np.searchsorted(ranks[order], np.arange(len(tasks) + 1))
        for (question, _), first, last in zip(tasks, bounds[:-1], bounds[1:], strict=True):
            yield question, (self._at(int(place)) for place in order[first:last])

    def one_by_one(self) -> Iterator[tuple[str, Iterator[Spoken]]]:
        """The same of each interaction alone, in order of run, round and agent."""
        for place in range(len(self)):
            spoken = self._at(place)
            yield spoken.item.question_id, iter([spoken])

    def _add(self, task: _Task, run: int, number: int, start: int, line: bytes) -> None:
        self._task_of.append(self._tasks.setdefault(task, len(self._tasks)))
        self._run_of.append(run)
        self._number.append(number)
        self._start.append(start)
        self._length.append(len(line))
        self._check.append(_check(line))

    def _at(self, place: int) -> Spoken:
        run = self.runs[self._run_of[place]]
        # Opened for each line: there may be more runs than files that may be open.
        file = open_regular(run.directory.interactions)
        try:
            line = os.pread(file, self._length[place], self._start[place])
        finally:
            os.close(file)
        if _check(line) != self._check[place]:
            raise SandboxError(f"{run.directory.interactions} was changed while it was read.\nExport it again.")
        return self._spoken(self._run_of[place], run.interaction(self._number[place], line))

    def _spoken(self, run: int, item: Interaction) -> Spoken:
        material = self._materials[run].get(item.question_id)
        asked = Question(item.question_id, item.question, item.options or (), material=material)
        run_id, rated_by, view = self.runs[run].manifest.run_id, self._raters[run], self._views[run]
        return Spoken(run_id, rated_by, item, asked, view, self._asking[run])


def _materials(runs: Sequence[Run]) -> list[Mapping[str, str]]:
    """The material of the questions of each run; runs of one set share it."""
    found: dict[str, Mapping[str, str]] = {}
    for run in runs:
        if not found.get(run.manifest.questions.sha256):
            found[run.manifest.questions.sha256] = materials(run.directory.questions, run.manifest)
    return [found[run.manifest.questions.sha256] for run in runs]


def _task(spoken: Spoken) -> _Task:
    shown = spoken.question
    plain = shown == spoken.item.question
    return spoken.item.question_id, b"" if plain else hashlib.blake2b(shown.encode(), digest_size=8).digest()


def _check(line: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(line, digest_size=8).digest())


def rater(run: Run) -> str:
    """Who rated, and how: ratings of two runs are compared only where this is the same.

    It is the observer, the words it was asked with, and whether both ratings came from one call.
    """
    manifest = run.manifest
    if run.given:
        return f"{manifest.models.observer} {run.given.how}"
    if manifest.models.observer == UNKNOWN:
        return f"unknown observer of {manifest.run_id}"
    # A run that keeps no values of the observer's own rated by the rule of its society.
    values = "values" if "values" in manifest.prompts else "rule"
    words = ("score", values, "data", "reask")
    asked = sorted((name, digest) for name, digest in manifest.prompts.items() if name.startswith(words))
    return f"{manifest.models.observer} {manifest.config.observe} {asked}"
