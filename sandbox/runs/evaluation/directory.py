"""The files of an evaluation: their names, its manifest, and the suites that it keeps. Knows no meaning."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from memory.opening import folder_of
from sandbox.errors import SandboxError, of_system
from sandbox.runs.appended import repair
from sandbox.runs.directory import WorkDirectory
from sandbox.runs.evaluation.manifest import EvaluationManifest, SuiteUsed
from sandbox.runs.evaluation.records import AnyAnswer
from sandbox.runs.json_lines import read_lines
from sandbox.suites.digest import digest_of
from sandbox.suites.suite import Item, Suite


class EvaluationDirectory(WorkDirectory):
    """Paths inside the folder of an evaluation. Each suite is kept as `suites/NAME.json` and `suites/NAME.jsonl`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.answers: Final = path / "answers.jsonl"
        self.judgements: Final = path / "judgements.jsonl"
        self.summary: Final = path / "summary.json"
        self.summary_table: Final = path / "summary.csv"
        self.suites: Final = path / "suites"
        self.stored: Final = path / "stored.jsonl"

    def read_manifest(self) -> EvaluationManifest:
        """With the name of the folder as its id. Raises `SandboxError`."""
        return self.read_as(EvaluationManifest).model_copy(update={"run_id": self.name})

    def repair(self) -> None:
        """Make the last line of every log whole, for the one process that works on it. Raises `SandboxError`."""
        for path in (self.calls, self.superseded, self.answers, self.judgements):
            repair(path)

    def keep(self, suites: Iterable[Suite]) -> None:
        """Write `suites` as they are asked."""
        self.suites.mkdir()
        for suite in suites:
            definition = suite.model_copy(update={"items": ()})
            (self.suites / f"{suite.name}.json").write_text(definition.model_dump_json() + "\n", "utf-8")
            lines = "".join(f"{item.model_dump_json(exclude_defaults=True)}\n" for item in suite.items)
            (self.suites / f"{suite.name}.jsonl").write_text(lines, "utf-8")

    def keep_stored(self, answers: Iterable[AnyAnswer]) -> None:
        """Write `answers` that others gave, which are judged here."""
        self.stored.write_text("".join(f"{answer.model_dump_json()}\n" for answer in answers), "utf-8")

    def kept(self, asked: Iterable[SuiteUsed]) -> tuple[Suite, ...]:
        """The suites that were `asked`, as they were. Raises `SandboxError` that names file and line."""
        try:
            with folder_of(self.suites / "any", depth=2):  # which is no link to a folder of others
                return tuple(map(self._kept, asked))
        except OSError as error:
            raise SandboxError(f"{error.filename}: {of_system(error)}.") from None

    def _kept(self, asked: SuiteUsed) -> Suite:
        from sandbox.suites.lint import check_scored  # brings templates

        path, name = self.suites / f"{asked.name}.json", asked.name
        definition = next(read_lines(path, Suite), None)
        if definition is None or definition.name != name:
            raise SandboxError(f"{path}: suite {name!r}, which was asked, is not there.")
        suite = definition.model_copy(update={"items": tuple(read_lines(path.with_name(f"{name}.jsonl"), Item))})
        check_scored(suite)
        if not digest_of(suite) == suite.digest == asked.digest:
            raise SandboxError(
                f"{path}: this, its items or the manifest were changed: suite {name!r} is not the one that was asked.\n"
                "Copy the evaluation again, or start a new one."
            )
        return suite
