"""What is known of the interactions that were chosen and of their rows, for the dataset card. Counts only, no text."""

from collections import Counter
from typing import Final

from agents.protocol import DIMENSIONS, TEXTS, Rated, ScoredText
from sandbox.export.rows import TrainingRow
from sandbox.runs.records import Interaction


class Facts:
    """Counts over interactions, taken one at a time."""

    def __init__(self) -> None:
        self.interactions = 0
        self.failed = 0
        self.missing_ratings = 0
        self.cut = 0
        self.persuaders = 0
        self.imitations: Final[Counter[int]] = Counter()
        self.labels: Final[Counter[str]] = Counter()
        self.scores: Final[dict[tuple[ScoredText, Rated], Counter[int]]] = {
            (text, dimension): Counter() for text in TEXTS for dimension in DIMENSIONS
        }

    def add_row(self, row: TrainingRow) -> None:
        """Take in a row that passed the filters."""
        if row.kind == "imitation" and (score := row.sources[0].alignment) is not None:
            self.imitations[score] += 1

    def add(self, item: Interaction) -> None:
        """Take in an interaction."""
        self.interactions += 1
        self.failed += item.failed is not None
        self.missing_ratings += item.missing_ratings
        self.cut += [item.finish.draft, item.finish.revision].count("length")
        self.persuaders += item.persuader is not None
        self.labels[item.label or "none"] += 1
        for (text, dimension), counts in self.scores.items():
            if (score := item.rating(text, dimension)) is not None:
                counts[score] += 1
