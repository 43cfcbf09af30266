"""What a judge made of answers to questions whose key is a text: the `correctness` of a rating. Knows no rate.

A rating is taken where it is the only one of its run that has that dimension, or is named.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from agents.protocol import TEXTS
from sandbox.analysis.observer.scored import Asked, scored
from sandbox.analysis.sophistry.reading import Judged
from sandbox.errors import UsageError
from sandbox.runs.json_lines import count_lines
from sandbox.runs.rating.reading import Rating, open_rating, ratings_of
from sandbox.runs.reading import Run
from sandbox.text import typed

CORRECTNESS: Final = "correctness"
_SCALE: Final = (0, 1)


def judged_in(runs: Iterable[Run], name: str | None) -> dict[Path, Judged]:
    """By folder of run what its rating called `name` says, or the only one that was asked whether answers are right.

    Runs without one are left out. Raises `UsageError` where several could be meant, or the one that is named was not
    asked that; `SandboxError` for one that cannot be read.
    """
    found = {run.directory.path: (run, _rating_of(run, name)) for run in runs}
    return {key: _judged(run, rating) for key, (run, rating) in found.items() if rating}


def _rating_of(run: Run, name: str | None) -> Rating | None:
    if name:
        rating = open_rating(run, name)
        if not _asks(rating):
            raise UsageError(
                f"--judged {name}: it was not asked whether answers are right.\n"
                f"Have that rated: sandbox rate {typed(run.directory.path)} --dimensions correctness"
            )
        return rating
    there = [rating for rating in ratings_of(run) if _asks(rating)]
    if len(there) > 1:
        names = ", ".join(rating.name for rating in there)
        raise UsageError(f"{run.name} has several ratings of {CORRECTNESS}: {names}.\nName one: --judged NAME")
    return there[0] if there else None


def _asks(rating: Rating) -> bool:
    """Whether it was asked if answers are right, yes or no."""
    return any(each.name == CORRECTNESS and tuple(each.scale) == _SCALE for each in rating.manifest.dimensions)


def _judged(run: Run, rating: Rating) -> Judged:
    columns = scored(rating, count_lines(run.directory.interactions), run.manifest.config.agents)
    return Judged(*(columns[Asked(text, CORRECTNESS, _SCALE)].ratings for text in TEXTS))
