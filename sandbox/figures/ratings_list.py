"""The list of ratings: who rated which run on what, how far each came, what it cost, how old it is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.errors import SandboxError, of_either
from sandbox.figures.killed_rating import counted_rating
from sandbox.figures.runs_list import in_utc
from sandbox.runs.finding import find_ratings
from sandbox.runs.json_lines import count_lines
from sandbox.runs.rating.reading import Rating
from sandbox.sheet import Cell, Sheet
from sandbox.text import age, money


class ListedRating(NamedTuple):
    """A rating, how many interactions are in its log, and when it was made."""

    rating: Rating
    done: int
    created: datetime

    def document(self, now: datetime) -> dict[str, Any]:
        """A row of the list in JSON: the manifest, whose `kind` tells it from a run, and what it does not say."""
        return self.rating.manifest.model_dump(mode="json") | {
            "status_now": self.rating.status,
            "interactions_done": self.done,
            "age_seconds": round((now - self.created).total_seconds()),
        }

    @property
    def dimensions(self) -> str:
        """What texts are rated on."""
        return ", ".join(each.name for each in self.rating.manifest.dimensions)


def ratings_in(folder: Path) -> tuple[list[ListedRating], list[str]]:
    """Every rating in `folder`, newest first, and what is wrong with those that cannot be read."""
    found, broken = find_ratings(folder)
    read: list[ListedRating] = []
    for rating in found:
        try:
            read.append(_looked_up(rating))
        except (SandboxError, OSError) as error:
            broken.append(of_either(error))
    return read, broken


def _looked_up(rating: Rating) -> ListedRating:
    try:
        created = datetime.fromisoformat(rating.manifest.created)
    except ValueError:
        file = rating.directory.manifest_file
        raise SandboxError(f"{file}: created: {rating.manifest.created!r} is no time.") from None
    return ListedRating(counted_rating(rating), count_lines(rating.directory.scores), in_utc(created))


def ratings_sheet(ratings: Sequence[ListedRating], now: datetime | None = None) -> Sheet:
    """For people, a row a rating: interactions so far of those planned, and what is missing among them."""
    now = now or datetime.now(UTC)
    rows: list[list[Cell]] = [
        [
            each.rating.directory.name,
            each.rating.status,
            each.rating.manifest.models.observer,
            each.dimensions,
            each.rating.manifest.texts,
            f"{each.done}/{each.rating.manifest.totals.planned}",
            each.rating.manifest.totals.missing_ratings,
            money(each.rating.manifest.totals.cost_usd),
            age((now - each.created).total_seconds()),
        ]
        for each in ratings
    ]
    columns = ("rating", "status", "observer", "dimensions", "texts", "interactions", "missing", "cost", "age")
    texts = frozenset({"rating", "status", "observer", "dimensions"})
    return Sheet("ratings", columns, rows, None, texts, ("age", "dimensions"), ("rating",))


def ratings_data(ratings: Sequence[ListedRating], now: datetime) -> Sheet:
    """The same for programs: numbers as numbers."""
    rows: list[list[Cell]] = []
    for each in ratings:
        manifest, document = each.rating.manifest, each.document(now)
        own: list[Cell] = [
            each.rating.directory.name,
            manifest.created,
            document["status_now"],
            manifest.models.observer,
        ]
        counts = [manifest.texts, each.done, manifest.totals.planned, manifest.totals.missing_ratings]
        rows.append([*own, each.dimensions, *counts, manifest.totals.cost_usd, document["age_seconds"]])
    columns = (
        "rating", "created", "status", "observer", "dimensions", "texts", "interactions_done", "planned", "missing",
        "cost_usd", "age_seconds",
    )  # fmt: skip
    return Sheet("ratings", columns, rows)
