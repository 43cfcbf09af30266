"""How far a rating came. Knows its records, not calls."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.runs.rating.records import RatedInteraction


@dataclass(slots=True)
class Progress:
    """Counts over the interactions that are finished, of `planned`; of `ratings` asked for, `missing` were not read.

    `failures` are by kind of error.
    """

    planned: int
    complete: int = 0
    failed: int = 0
    ratings: int = 0
    missing: int = 0
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def done(self) -> int:
        """Interactions that are finished, whole or failed."""
        return self.complete + self.failed

    def released(self, record: RatedInteraction) -> None:
        """An interaction is finished, whole or failed."""
        self.complete += record.failed is None
        self.failed += record.failed is not None
        if record.failed:
            self.failures[record.failed.error] += 1
        scored = record.scored()
        self.ratings += len(scored)
        self.missing += sum(score.missing is not None for score in scored)

    def figures(self) -> Iterator[str]:
        """For the panel."""
        yield f"{self.done} of {self.planned} interactions, {self.missing} missing ratings, {self.failed} failed"
