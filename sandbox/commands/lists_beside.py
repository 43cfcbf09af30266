"""What `sandbox inspect` lists beside runs, from evaluations to studies. Knows what of them is chosen."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from sandbox.figures.annotations_list import annotations_data, annotations_in, annotations_sheet
from sandbox.figures.evaluations_list import evaluations_data, evaluations_in, evaluations_sheet
from sandbox.figures.ratings_list import ratings_data, ratings_in, ratings_sheet
from sandbox.figures.studies_list import studies_data, studies_in, studies_sheet
from sandbox.figures.tagged import tag_keys, tagged_data, tagged_sheet
from sandbox.figures.trainings_list import listed_trainings_sheet, trainings_data, trainings_in
from sandbox.figures.where import Where
from sandbox.inspection.options import View
from sandbox.options.tagging import split_tags
from sandbox.runs.annotation.records import ANNOTATION
from sandbox.runs.evaluation.manifest import EVALUATION
from sandbox.runs.rating.manifest import RATING
from sandbox.runs.tags import Tags, tags_of
from sandbox.runs.training.manifest import TRAINING
from sandbox.sheet import Sheet

STUDY: Final = "study"


class Entry(Protocol):
    """A row of a list."""

    def document(self, now: datetime) -> dict[str, Any]:
        """For JSON."""


class Kind(NamedTuple):
    """How folders of one kind are found in a folder, and shown for people and for programs.

    `path` is where an entry lies.
    """

    name: str
    path: Callable[[Any], Path]
    find: Callable[[Path], tuple[list[Any], list[str]]]
    sheet: Callable[[Sequence[Any], datetime], Sheet]
    data: Callable[[Sequence[Any], datetime], Sheet]


KINDS: Final = (
    Kind(EVALUATION, attrgetter("evaluation.directory.path"), evaluations_in, evaluations_sheet, evaluations_data),
    Kind(RATING, attrgetter("rating.directory.path"), ratings_in, ratings_sheet, ratings_data),
    Kind(ANNOTATION, attrgetter("annotation.directory.path"), annotations_in, annotations_sheet, annotations_data),
    Kind(TRAINING, attrgetter("training.directory.path"), trainings_in, listed_trainings_sheet, trainings_data),
    Kind(STUDY, attrgetter("study.folder.path"), studies_in, studies_sheet, studies_data),
)


class OfKind(NamedTuple):
    """Those of one kind that are chosen, and the tags of each."""

    kind: Kind
    found: Sequence[Entry]
    tags: Sequence[Tags]


class Beside(NamedTuple):
    """All that is listed beside runs, kind by kind."""

    kinds: Sequence[OfKind] = ()

    def __bool__(self) -> bool:
        return any(each.found for each in self.kinds)

    def rows(self, now: datetime) -> Iterator[object]:
        """For JSON."""
        for _, found, tags in self.kinds:
            yield from (entry.document(now) | tag_keys(own) for entry, own in zip(found, tags, strict=True))

    def sheets(self, now: datetime) -> list[Sheet]:
        """For people: a kind of which there is none has no table."""
        return [tagged_sheet(kind.sheet(found, now), tags) for kind, found, tags in self.kinds if found]

    def data(self, now: datetime) -> list[Sheet]:
        """For programs."""
        return [tagged_data(kind.data(found, now), tags) for kind, found, tags in self.kinds]


def beside(view: View, asked: Where, broken: list[str]) -> Beside:
    """What lies among runs, and studies in their folder, that `asked` and the tags of `view` choose.

    None where `view` chooses by what only runs have. `broken` is told of what cannot be read.
    """
    if view.status or view.model or view.limit:
        return Beside()
    return Beside([_of_kind(kind, view, asked, broken) for kind in KINDS])


def _of_kind(kind: Kind, view: View, asked: Where, broken: list[str]) -> OfKind:
    found, problems = kind.find(view.studies if kind.name == STUDY else view.runs)
    broken += problems
    fits = [each for each in found if _fits(kind, each, asked)]
    wanted = split_tags(view.tag)
    pairs = [(each, tags) for each in fits if (tags := tags_of(kind.path(each), broken)).has(wanted)]
    return OfKind(kind, [each for each, _ in pairs], [tags for _, tags in pairs])


def _fits(kind: Kind, entry: Any, asked: Where) -> bool:
    """A study has settings cell by cell, and none itself."""
    return not asked.conditions or (
        kind.name != STUDY and asked.fits(kind.name, attrgetter(f"{kind.name}.manifest")(entry))
    )
