"""Opens evaluations and reads their records, also while one goes on. Knows no terminal and no number."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from sandbox.errors import UsageError
from sandbox.runs.evaluation.directory import EvaluationDirectory
from sandbox.runs.evaluation.manifest import EVALUATION, EvaluationManifest
from sandbox.runs.evaluation.records import Answer, AnyAnswer, Judgement
from sandbox.runs.json_lines import raw_lines, read_line, read_lines
from sandbox.runs.kinds import kind_of
from sandbox.runs.locking import is_held
from sandbox.runs.named import no_such_run, run_path
from sandbox.suites.suite import Suite

_ANSWERS: Final[TypeAdapter[AnyAnswer]] = TypeAdapter(AnyAnswer)


class Evaluation:
    """An evaluation on disk; `suites` of whoever has them need not be read."""

    def __init__(
        self, directory: EvaluationDirectory, manifest: EvaluationManifest, suites: tuple[Suite, ...] | None = None
    ) -> None:
        self.directory: Final = directory
        self.manifest: Final = manifest
        self._suites: Final = suites

    @property
    def name(self) -> str:
        """What commands take."""
        return self.manifest.run_id

    @property
    def status(self) -> str:
        """As the manifest says, but `interrupted` for one that says `running` and that nobody works on."""
        dead = self.manifest.status == "running" and not is_held(self.directory)
        return "interrupted" if dead else self.manifest.status

    @cached_property
    def suites(self) -> tuple[Suite, ...]:
        """Its suites as they were asked, by name. Raises `SandboxError`."""
        return self._suites or self.directory.kept(self.manifest.suites)

    def answers(self) -> Iterator[AnyAnswer]:
        """Its answers so far, in (suite, item, sample) order. Raises `SandboxError` that names the line."""
        yield from read_answers(self.directory.answers)

    def judgements(self) -> Iterator[Judgement]:
        """Its judgements so far, in the order of answers. Raises `SandboxError` that names the line."""
        yield from read_lines(self.directory.judgements, Judgement)


def read_answers(path: Path) -> Iterator[AnyAnswer]:
    """The answers in the file at `path`. Raises `SandboxError` that names the line."""
    for number, line in raw_lines(path):
        yield read_line(path, number, line, Answer, _answer)


def _answer(line: bytes) -> AnyAnswer:
    return _ANSWERS.validate_json(line, strict=True)


def is_evaluation(path: Path) -> bool:
    """Whether the manifest in the folder `path` says that it is an evaluation's."""
    return kind_of(path) == EVALUATION


def read_evaluation(path: Path) -> Evaluation:
    """The evaluation in the folder `path`. Raises `SandboxError`."""
    directory = EvaluationDirectory(path)
    return Evaluation(directory, directory.read_manifest())


def open_evaluation(name: str, runs: Path) -> Evaluation:
    """The evaluation with this path or id. Raises `UsageError` if there is none, and `SandboxError`."""
    path = run_path(name, runs)
    if path is None:
        raise UsageError(f"{no_such_run(name, runs)}\nList them: sandbox inspect")
    if not is_evaluation(path):
        raise UsageError(f"{name} is no evaluation, or its manifest is damaged.\nLook at it: sandbox inspect {name}")
    return read_evaluation(path)
