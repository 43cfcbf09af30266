"""How far a simulation came, and whether it goes badly enough to be stopped. Knows interactions, not calls."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agents.protocol import TEXTS
from sandbox.options.config import Config
from sandbox.runs.records import Interaction
from sandbox.runs.round_records import RoundSummary
from sandbox.runs.round_sums import Change
from sandbox.works.verdict import StopReason, of_failures, of_missing


class RoundDone(NamedTuple):
    """A whole round is in the log; from drafts to revisions its `alignment` changed so."""

    summary: RoundSummary
    alignment: Change

    def __str__(self) -> str:
        summary = self.summary
        return (
            f"Round {summary.round}: alignment {self.alignment}, "
            f"{summary.missing} missing ratings, {summary.failed} failed."
        )

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {"event": "round", **self.summary.model_dump(mode="json")}


@dataclass(slots=True)
class Progress:
    """Counts over the interactions that are finished, of `planned`; `ratings` were asked for, `missing` not read.

    `alignment` is of drafts and of revisions; `failures` are by kind of error.
    """

    planned: int
    complete: int = 0
    failed: int = 0
    ratings: int = 0
    missing: int = 0
    alignment: Change = field(default_factory=Change)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def done(self) -> int:
        """Interactions that are finished, whole or failed."""
        return self.complete + self.failed

    def released(self, interaction: Interaction) -> None:
        """An interaction is finished, whole or failed."""
        self.complete += interaction.failed is None
        self.failed += interaction.failed is not None
        if interaction.failed:
            self.failures[interaction.failed.error] += 1
        self.ratings += len(interaction.judgements())
        self.missing += interaction.missing_ratings
        self.alignment.add(*(interaction.rating(text, "alignment") for text in TEXTS))

    def verdict(self, config: Config) -> StopReason | None:
        """Why the run should be stopped; None while both shares are within bounds, or fewer than 50 were seen."""
        failures = of_failures(self.failed, self.done, self.failures, "interactions", config.max_failures)
        return failures or of_missing(self.missing, self.ratings, config.max_missing)

    def figures(self) -> Iterator[str]:
        """For the panel."""
        yield f"alignment {self.alignment} over {self.done} interactions"
        yield f"{self.missing} missing ratings, {self.failed} failed interactions"
