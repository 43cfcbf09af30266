"""The list of annotations: who judged texts of which run, how far each came, how old it is. Knows no scores."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.errors import SandboxError, of_either
from sandbox.figures.runs_list import in_utc
from sandbox.runs.annotation.reading import Annotation
from sandbox.runs.finding import find_annotations
from sandbox.sheet import Cell, Sheet
from sandbox.text import age


class ListedAnnotation(NamedTuple):
    """An annotation, how many ratings were given and how many texts skipped, and when it was begun."""

    annotation: Annotation
    obtained: int
    skipped: int
    created: datetime

    def document(self, now: datetime) -> dict[str, Any]:
        """A row of the list in JSON: the manifest, whose `kind` tells it from a run, and what it does not say."""
        return self.annotation.manifest.model_dump(mode="json") | {
            "obtained": self.obtained,
            "skipped": self.skipped,
            "age_seconds": round((now - self.created).total_seconds()),
        }

    @property
    def row(self) -> list[Cell]:
        """What people and programs are told alike."""
        manifest = self.annotation.manifest
        return [", ".join(manifest.dimensions), manifest.texts, self.obtained, self.skipped]


def annotations_in(folder: Path) -> tuple[list[ListedAnnotation], list[str]]:
    """Every annotation in `folder`, newest first, and what is wrong with those that cannot be read."""
    found, broken = find_annotations(folder)
    read: list[ListedAnnotation] = []
    for annotation in found:
        try:
            read.append(_looked_up(annotation))
        except (SandboxError, OSError) as error:
            broken.append(of_either(error))
    return read, broken


def _looked_up(annotation: Annotation) -> ListedAnnotation:
    try:
        created = datetime.fromisoformat(annotation.manifest.created)
    except ValueError:
        file = annotation.directory.manifest_file
        raise SandboxError(f"{file}: created: {annotation.manifest.created!r} is no time.") from None
    lines = annotation.judged().values()
    rated = sum(line.rating is not None for line in lines)
    return ListedAnnotation(annotation, rated, len(lines) - rated, in_utc(created))


def annotations_sheet(annotations: Sequence[ListedAnnotation], now: datetime | None = None) -> Sheet:
    """For people, a row an annotation: of up to so many texts, the judgements so far."""
    now = now or datetime.now(UTC)
    rows: list[list[Cell]] = [
        [each.annotation.directory.name, *each.row, age((now - each.created).total_seconds())] for each in annotations
    ]
    columns = ("annotation", "dimensions", "texts", "obtained", "skipped", "age")
    texts = frozenset({"annotation", "dimensions"})
    return Sheet("annotations", columns, rows, None, texts, ("age", "dimensions"), ("annotation",))


def annotations_data(annotations: Sequence[ListedAnnotation], now: datetime) -> Sheet:
    """The same for programs: numbers as numbers."""
    rows: list[list[Cell]] = [
        [
            each.annotation.directory.name,
            each.annotation.manifest.created,
            *each.row,
            round((now - each.created).total_seconds()),
        ]
        for each in annotations
    ]
    columns = ("annotation", "created", "dimensions", "texts", "obtained", "skipped", "age_seconds")
    return Sheet("annotations", columns, rows)
