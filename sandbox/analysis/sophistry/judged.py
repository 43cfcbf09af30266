"""What a judge made of answers to questions whose key is a text: the `correctness` of a rating. Knows no rate.

A rating is taken where it is the only one of its run that has that dimension, or is named.
"""

from typing import Final, NamedTuple

from agents.protocol import TEXTS
from sandbox.analysis.observer.scored import Asked, scored
from sandbox.errors import UsageError
from sandbox.figures.columns import Numbers
from sandbox.options.rating import CORRECTNESS
from sandbox.runs.rating.reading import Rating, open_rating, ratings_of
from sandbox.runs.reading import Run
from sandbox.text import typed

_SCALE: Final = (0, 1)


class Judged(NamedTuple):
    """Of the texts of a run 1 where right, 0 where wrong, else nan: an entry an interaction in the order of its log."""

    draft: Numbers
    revision: Numbers


def judged_of(run: Run, interactions: int, name: str | None) -> Judged | None:
    """What the rating called `name`, or the only one that was asked it, says of the first `interactions` of `run`.

    None where there is none. Raises `UsageError` where several could be meant, or the one that is named was not asked
    whether answers are right; `SandboxError` for one that cannot be read.
    """
    rating = _rating_of(run, name)
    if rating is None:
        return None
    columns = scored(rating, interactions, run.manifest.config.agents)
    return Judged(*(columns[Asked(text, CORRECTNESS, _SCALE)].ratings for text in TEXTS))


def _rating_of(run: Run, name: str | None) -> Rating | None:
    if name:
        rating = open_rating(run, name)
        if not _asks(rating):
            raise UsageError(
                f"--judged {name}: it was not asked whether answers are right.\n"
                f"Have that rated: sandbox rate {typed(run.directory.path)} --dimensions {CORRECTNESS}"
            )
        return rating
    there = [rating for rating in ratings_of(run) if _asks(rating)]
    if len(there) > 1:
        names = ", ".join(rating.name for rating in there)
        raise UsageError(
            f"{run.name} has several ratings of {CORRECTNESS}, which need not agree: {names}.\nName one: --judged NAME"
        )
    return there[0] if there else None


def _asks(rating: Rating) -> bool:
    """Whether it was asked if answers are right, yes or no."""
    return any(each.name == CORRECTNESS and tuple(each.scale) == _SCALE for each in rating.manifest.dimensions)
