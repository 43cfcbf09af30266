"""Who rated the texts of a condition: the observer of its runs, ratings that were made later, neighbours.

Knows columns; not what they come to. Runs of a condition stand one after the other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import numpy as np

from agents.protocol import DIMENSIONS, TEXTS, ScoredText
from agents.replies import SEVEN
from sandbox.analysis.observer.people import judged
from sandbox.analysis.observer.scored import Asked, Column, blank, scored
from sandbox.analysis.pools import Pool
from sandbox.errors import SandboxError
from sandbox.figures.columns import Numbers
from sandbox.figures.frame import Frame, Heard, read_frame
from sandbox.runs.rating.log import check_texts
from sandbox.text import counted

if TYPE_CHECKING:
    from sandbox.runs.annotation.reading import Annotation
    from sandbox.runs.rating.reading import Rating

B = TypeVar("B", "Rating", "Annotation")

OBSERVER: Final = "observer"  # whose scores each run has
NEIGHBOURS: Final = "neighbours"
MOST_VALUES: Final = 101  # of a scale whose ratings are compared: 0 to 100


class Rater(NamedTuple):
    """What one of them said of every interaction of a condition, by what was asked."""

    name: str
    said: Mapping[Asked, Column]


class Raters(NamedTuple):
    """Those of a condition: `others` are observers, `heard` neighbours, of the texts that they were asked about.

    Ratings of texts that its runs do not have any more are left out, and `stale` says which.
    """

    condition: str
    size: int
    own: Rater
    others: Sequence[Rater]
    people: Sequence[Rater]
    heard: Mapping[ScoredText, Heard]
    stale: Sequence[str]


def raters_of(pool: Pool, ratings: "Sequence[Rating]", annotations: "Sequence[Annotation]") -> Raters:
    """Those of `pool`, with what is of its runs. Raises `SandboxError` for a log that cannot be read."""
    frames = [read_frame(run) for run in pool.runs]
    sizes = [len(frame) for frame in frames]
    own = _joined([_own(frame) for frame in frames], sizes)
    stale: list[str] = []
    others = _others(pool, ratings, sizes, stale)
    people = _people(pool, annotations, sizes, stale)
    heard: dict[ScoredText, Heard] = {"draft": _heard([frame.feedback for frame in frames], sizes)}
    if any(frame.revision_feedback.of.size for frame in frames):
        heard["revision"] = _heard([frame.revision_feedback for frame in frames], sizes)
    return Raters(pool.name, sum(sizes), Rater(OBSERVER, own), others, people, heard, stale)


def _others(pool: Pool, ratings: "Iterable[Rating]", sizes: Sequence[int], stale: list[str]) -> list[Rater]:
    """Those that `ratings` are by; what is left out is added to `stale`."""
    by_name: dict[str, list[Mapping[Asked, Column]]] = {}
    sound = set()
    for rating, at in _with_runs(pool, ratings):
        log = (at, rating.manifest.rated.interactions, rating.manifest.rated.sha256)
        try:
            if log not in sound:  # a large log takes a second, and most ratings are of all of it
                check_texts(pool.runs[at], rating)
        except SandboxError as error:
            stale.append(str(error))
            continue
        sound.add(log)
        each = by_name.setdefault(rating.rater, [{} for _ in sizes])
        each[at] = scored(rating, sizes[at], pool.runs[at].manifest.config.agents)
    return [Rater(name, _joined(said, sizes)) for name, said in by_name.items()]


def _people(pool: Pool, annotations: "Iterable[Annotation]", sizes: Sequence[int], stale: list[str]) -> list[Rater]:
    """Those that `annotations` are by; what is left out is added to `stale`."""
    by_name: dict[str, list[Mapping[Asked, Column]]] = {}
    for annotation, at in _with_runs(pool, annotations):
        found = judged(annotation, pool.runs[at], sizes[at])
        each = by_name.setdefault(annotation.name, [{} for _ in sizes])
        each[at] = found.said
        if found.stale:
            of = f"of texts that run {pool.runs[at].name} does not have as they were shown"
            stale.append(f"{counted(found.stale, 'judgement')} by {annotation.name}, {of}.")
    return [Rater(name, _joined(said, sizes)) for name, said in by_name.items()]


def _with_runs(pool: Pool, beside: Iterable[B]) -> Iterator[tuple[B, int]]:
    """Each of what lies `beside` a run of `pool`, with the place of that run."""
    places = {run.directory.path.resolve(): at for at, run in enumerate(pool.runs)}
    for each in beside:
        if (at := places.get(each.run_path.resolve())) is not None:
            yield each, at


def _own(frame: Frame) -> dict[Asked, Column]:
    return {
        Asked(text, dimension, SEVEN): Column(frame.ratings[text, dimension], frame.missing[text, dimension])
        for text in TEXTS
        for dimension in DIMENSIONS
    }


def _joined(said: Sequence[Mapping[Asked, Column]], sizes: Sequence[int]) -> dict[Asked, Column]:
    """Of several runs, in the order in which any of them was asked; blank where one was not."""
    asked = dict.fromkeys(each for of_run in said for each in of_run)
    return {
        each: Column(*map(np.concatenate, zip(*_of_each(each, said, sizes), strict=True)))
        for each in asked
        if each.scale[1] - each.scale[0] < MOST_VALUES
    }


def _of_each(asked: Asked, said: Sequence[Mapping[Asked, Column]], sizes: Sequence[int]) -> Iterator[Column]:
    return (of_run.get(asked) or blank(size) for of_run, size in zip(said, sizes, strict=True))


def _heard(runs: Sequence[Heard], sizes: Sequence[int]) -> Heard:
    starts = np.cumsum([0, *sizes])
    moved = [each._replace(of=each.of + start) for each, start in zip(runs, starts, strict=False)]
    return Heard(*map(np.concatenate, zip(*moved, strict=True)))


def mean_heard(heard: Heard, size: int) -> Numbers:
    """Of each of `size` interactions the mean of what neighbours said, nan where there is none."""
    known = ~np.isnan(heard.ratings)
    counts = np.bincount(heard.of[known], minlength=size)
    sums = np.bincount(heard.of[known], heard.ratings[known], minlength=size)
    means: Numbers = np.divide(sums, counts, out=np.full(size, np.nan), where=counts > 0)
    return means
