"""An evaluation as Python code holds it: where it lies, what its manifest says, and its numbers. Knows no terminal."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

from sandbox.api.work import Work, ended, known
from sandbox.figures.killed_evaluation import counted_evaluation
from sandbox.inspection.evaluation.numbers import numbers_of
from sandbox.runs.evaluation import reading
from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.evaluation.records import AnyAnswer, Judgement
from sandbox.scores.number import Number
from sandbox.text import mean, money


class Evaluation(Work):
    """An evaluation: what `sandbox.evaluate` gives.

    `manifest` is its record, with the counts of its files where it was killed: `manifest.config`, `manifest.totals`.
    """

    _noun = "Evaluation"

    def __init__(self, found: reading.Evaluation) -> None:
        self._found: Final = found

    @property
    def path(self) -> Path:
        """Its folder."""
        return self._found.directory.path

    @property
    def name(self) -> str:
        """Its id."""
        return self._found.name

    @cached_property
    def manifest(self) -> EvaluationManifest:
        """Its record. Raises `SandboxError` where the files of one that was killed cannot be read."""
        return counted_evaluation(self._found).manifest

    @property
    def status(self) -> str:
        """`complete`, `stopped`, `failed`, `running`, or `interrupted` where it was killed."""
        return self._found.status

    @property
    def stopped_by(self) -> str | None:
        """`budget`, `failures`, `interrupt` or `error`; None where it came to its end."""
        return self._found.manifest.stopped_by

    def numbers(self) -> list[Number]:
        """What answers and judgements come to by now: each a value with its interval, counts and bounds.

        Raises `SandboxError` where they cannot be read.
        """
        return numbers_of(self._found)

    def answers(self) -> Iterator[AnyAnswer]:
        """Its answers so far, in (suite, item, sample) order. Raises `SandboxError` that names a bad line."""
        return self._found.answers()

    def judgements(self) -> Iterator[Judgement]:
        """Its judgements so far, in the order of answers. Raises `SandboxError` that names a bad line."""
        return self._found.judgements()

    def _facts(self) -> list[tuple[str, str]]:
        """How it ended, the headline of each suite, what failed, what it cost."""
        return [ended(self.status, self.stopped_by), *known(self._figures)]

    def _figures(self) -> list[tuple[str, str]]:
        headlines = [(each.suite, f"{mean(each.value)} {each.measure}") for each in self.numbers() if each.headline]
        totals = self.manifest.totals
        return [*headlines, ("failed", str(totals.failed)), ("cost", money(totals.cost_usd))]
