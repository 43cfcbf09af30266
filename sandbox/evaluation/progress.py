"""How far an evaluation came. Knows outcomes, not calls."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sandbox.evaluation.outcome import Outcome
from sandbox.text import counted


class SuiteDone(NamedTuple):
    """Every sample of a suite is in the log."""

    suite: str
    answers: int
    missing: int
    failed: int

    def __str__(self) -> str:
        return f"Suite {self.suite}: {counted(self.answers, 'answer')}, {self.missing} missing, {self.failed} failed."

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {"event": "suite", **self._asdict()}


@dataclass(slots=True)
class Progress:
    """Counts over the samples that are finished, of `planned`; `missing` are answers and ratings; `kinds` of errors."""

    planned: int
    complete: int = 0
    failed: int = 0
    missing: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    by_suite: dict[str, SuiteDone] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Samples that are finished, whole or failed."""
        return self.complete + self.failed

    def released(self, outcome: Outcome) -> None:
        """A sample is finished, whole or failed."""
        self.complete += not outcome.failed
        self.failed += outcome.failed
        self.missing += outcome.missing
        if outcome.answer.failed:
            self.kinds[outcome.answer.failed] += 1
        name = outcome.answer.suite
        before = self.by_suite.get(name, SuiteDone(name, 0, 0, 0))
        self.by_suite[name] = SuiteDone(
            name,
            before.answers + 1,
            before.missing + (outcome.missing > 0),
            before.failed + outcome.failed,
        )

    def figures(self) -> Iterator[str]:
        """For the panel."""
        yield f"{self.done} of {self.planned} answers, {self.missing} missing, {self.failed} failed"
