"""Sums over the interactions of a round, from which its summary follows: no interaction is kept for it.

Knows records and whole numbers; not where a round begins or ends.
"""

from dataclasses import dataclass, field

from agents.protocol import DIMENSIONS, TEXTS, Rated, ScoredText
from sandbox.runs.records import Interaction
from sandbox.runs.round_records import DimensionGains, DimensionMeans, Mean, MeanGain, RoundScores, RoundSummary
from sandbox.text import change


@dataclass(slots=True)
class Sum:
    """A running mean of whole numbers, exact whatever the order."""

    total: int = 0
    count: int = 0

    def add(self, value: int | None) -> None:
        """Take in a value; a missing one does not count."""
        if value is not None:
            self.total += value
            self.count += 1

    @property
    def mean(self) -> float | None:
        """None while there is nothing."""
        return self.total / self.count if self.count else None


@dataclass(slots=True)
class Change:
    """From drafts to revisions, over those interactions alone that have both rated."""

    before: Sum = field(default_factory=Sum)
    after: Sum = field(default_factory=Sum)

    def add(self, before: int | None, after: int | None) -> None:
        """Take in an interaction."""
        if before is not None and after is not None:
            self.before.add(before)
            self.after.add(after)

    def __str__(self) -> str:
        return change(self.before.mean, self.after.mean)


def _sums() -> dict[Rated, Sum]:
    return {dimension: Sum() for dimension in DIMENSIONS}


@dataclass(slots=True)
class RoundSums:
    """What the interactions of one round came to so far; `gains` are revision minus draft where both were rated."""

    interactions: int = 0
    failed: int = 0
    missing: int = 0
    recalls: int = 0
    scores: dict[ScoredText, dict[Rated, Sum]] = field(default_factory=lambda: {text: _sums() for text in TEXTS})
    gains: dict[Rated, Sum] = field(default_factory=_sums)
    alignment: Change = field(default_factory=Change)

    def add(self, interaction: Interaction) -> None:
        """Take in one interaction."""
        self.interactions += 1
        self.failed += interaction.failed is not None
        self.recalls += interaction.recall is not None
        self.missing += interaction.missing_ratings
        self.alignment.add(*(interaction.rating(text, "alignment") for text in TEXTS))
        for dimension in DIMENSIONS:
            before, after = (interaction.rating(text, dimension) for text in TEXTS)
            self.scores["draft"][dimension].add(before)
            self.scores["revision"][dimension].add(after)
            self.gains[dimension].add(None if before is None or after is None else after - before)

    def summary(self, round_: int) -> RoundSummary:
        """The record of the whole round, which has at least one interaction."""
        return RoundSummary(
            round=round_,
            interactions=self.interactions,
            failed=self.failed,
            scores=RoundScores(draft=_means(self.scores["draft"]), revision=_means(self.scores["revision"])),
            gain=_gains(self.gains),
            missing=self.missing,
            recall_rate=self.recalls / self.interactions,
        )


def _means(sums: dict[Rated, Sum]) -> DimensionMeans:
    alignment, engagement = (Mean(mean=sums[name].mean, count=sums[name].count) for name in DIMENSIONS)
    return DimensionMeans(alignment=alignment, engagement=engagement)


def _gains(sums: dict[Rated, Sum]) -> DimensionGains:
    alignment, engagement = (MeanGain(mean=sums[name].mean, count=sums[name].count) for name in DIMENSIONS)
    return DimensionGains(alignment=alignment, engagement=engagement)
