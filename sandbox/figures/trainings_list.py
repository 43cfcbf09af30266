"""The list of trainings: what was trained on what, how far each came, how old it is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.errors import SandboxError
from sandbox.figures.runs_list import in_utc
from sandbox.runs.finding import find_trainings
from sandbox.runs.training.reading import Training
from sandbox.sheet import Cell, Sheet
from sandbox.text import age


class ListedTraining(NamedTuple):
    """A training, what it is called in the folder that is listed, and when it was made."""

    training: Training
    name: str
    created: datetime

    def document(self, now: datetime) -> dict[str, Any]:
        """A row of the list in JSON: the manifest, whose `kind` tells it from a run, and what it does not say."""
        return self.training.manifest.document() | {
            "status_now": self.training.status,
            "age_seconds": round((now - self.created).total_seconds()),
        }


def trainings_in(folder: Path) -> tuple[list[ListedTraining], list[str]]:
    """Every training in `folder`, newest first, and what is wrong with those that cannot be read."""
    found, broken = find_trainings(folder)
    read: list[ListedTraining] = []
    for training in found:
        try:
            read.append(_listed(training, folder))
        except SandboxError as error:
            broken.append(str(error))
    return read, broken


def _listed(training: Training, folder: Path) -> ListedTraining:
    created, name = training.manifest.created, training.directory.path.relative_to(folder).as_posix()
    try:
        return ListedTraining(training, name, in_utc(datetime.fromisoformat(created)))
    except ValueError:
        raise SandboxError(f"{training.directory.manifest_file}: created: {created!r} is no time.") from None


def listed_trainings_sheet(trainings: Sequence[ListedTraining], now: datetime | None = None) -> Sheet:
    """For people, a row a training: steps so far of those planned."""
    now = now or datetime.now(UTC)
    rows: list[list[Cell]] = [
        [*_what(each), f"{each.training.manifest.steps}/{each.training.manifest.steps_planned}", _age(each, now)]
        for each in trainings
    ]
    columns = ("training", "status", "objective", "data", "base", "steps", "age")
    return Sheet("trainings", columns, rows, None, frozenset(columns[:5]), ("age", "base"), ("training",))


def trainings_data(trainings: Sequence[ListedTraining], now: datetime) -> Sheet:
    """The same for programs: numbers as numbers."""
    rows: list[list[Cell]] = []
    for each in trainings:
        manifest, document = each.training.manifest, each.document(now)
        counts = [manifest.steps, manifest.steps_planned, manifest.tokens, document["age_seconds"]]
        rows.append([*_what(each), manifest.created, manifest.config.weights, *counts])
    columns = (
        "training", "status", "objective", "data", "base", "created", "weights", "steps", "steps_planned", "tokens",
        "age_seconds",
    )  # fmt: skip
    return Sheet("trainings", columns, rows)


def _what(each: ListedTraining) -> list[Cell]:
    training, manifest = each.training, each.training.manifest
    return [each.name, training.status, manifest.objective, manifest.data.name, manifest.base.name]


def _age(each: ListedTraining, now: datetime) -> str:
    return age((now - each.created).total_seconds())
