"""Who is compared with the observer: all that lies beside the runs, or what `--with` names of it."""

from collections.abc import Sequence
from typing import NamedTuple

from sandbox.errors import UsageError
from sandbox.options.annotation import PEOPLE
from sandbox.runs.annotation.reading import Annotation, annotations_of
from sandbox.runs.rating.reading import Rating, ratings_of
from sandbox.runs.reading import Run
from sandbox.text import in_a_line, nearest, typed


class Beside(NamedTuple):
    """Ratings and annotations of some runs."""

    ratings: list[Rating]
    annotations: list[Annotation]


def raters_named(runs: Sequence[Run], names: str | None) -> Beside:
    """Those of `runs` called `names`, with commas between them, or all. Raises `UsageError` for a name of none."""
    ratings = [rating for run in runs for rating in ratings_of(run)]
    annotations = [annotation for run in runs for annotation in annotations_of(run)]
    if names is None:
        return Beside(ratings, annotations)
    wanted = set(names.split(","))
    people = {each.name for each in annotations}
    there = {each.name for each in ratings} | people
    for name in sorted(wanted - there):
        if name == PEOPLE and people:
            continue
        raise UsageError(_none_called(name, sorted(there), runs))
    return Beside(
        [each for each in ratings if each.name in wanted],
        [each for each in annotations if PEOPLE in wanted or each.name in wanted],
    )


def _none_called(name: str, there: Sequence[str], runs: Sequence[Run]) -> str:
    run = typed(runs[0].directory.path)
    make = f"sandbox annotate {run} --annotator NAME" if name == PEOPLE else f"sandbox rate {run} --name NAME"
    known = f" There are: {', '.join(there)}." if there else ""
    what = "nobody judged these runs" if name == PEOPLE else f"no rating and no annotator is called {in_a_line(name)}"
    return f"--with {in_a_line(name)}: {what}.{nearest(name, there)}{known}\nMake one: {make}"
