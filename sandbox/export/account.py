"""What became of every row that could have been: kept, or dropped and why. The accounts always add up."""

from collections import Counter
from typing import Final

INTERACTIONS: Final = "interactions"


class Account:
    """Counts by kind of row, and of interactions, which stand under `INTERACTIONS`."""

    def __init__(self) -> None:
        self.kept: Final[Counter[str]] = Counter()
        self.dropped: Final[dict[str, Counter[str]]] = {}

    def drop(self, kind: str, reason: str, count: int = 1) -> None:
        """So many were left out, for this reason."""
        if count:
            self.dropped.setdefault(kind, Counter())[reason] += count

    def keep(self, kind: str) -> None:
        """One was kept so far."""
        self.kept[kind] += 1

    def drop_kept(self, kind: str, reason: str, count: int) -> None:
        """So many of those kept were left out after all."""
        self.kept[kind] -= count
        self.drop(kind, reason, count)

    def considered(self, kind: str) -> int:
        """How many there were: kept and dropped."""
        return self.kept[kind] + sum(self.dropped.get(kind, Counter()).values())

    def told(self) -> str:
        """For people: `12 duplicate, 3 no rating`, over all kinds."""
        total = sum(self.dropped.values(), Counter())
        return ", ".join(f"{count} {reason}" for reason, count in total.most_common()) or "there was nothing to export"
