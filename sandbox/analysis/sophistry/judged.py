"""Whether a judge finds answers right whose key is a text: ratings of correctness beside a run, as columns."""

from typing import NamedTuple

import numpy as np

from agents.protocol import TEXTS
from sandbox.errors import UsageError
from sandbox.figures.columns import Numbers
from sandbox.options.rating import CORRECTNESS
from sandbox.runs.rating.reading import Rating, ratings_of
from sandbox.runs.reading import Run


class Judged(NamedTuple):
    """Of the texts of a run 1 where right, 0 where wrong, else nan: an entry an interaction in the order of its log."""

    draft: Numbers
    revision: Numbers


def judged_of(run: Run, interactions: int) -> Judged | None:
    """What the rating of correctness beside `run` says of its first `interactions`; None where there is none.

    Right is what is rated above the middle of the scale. Raises `UsageError` where there are several, and
    `SandboxError`.
    """
    found = [rating for rating in ratings_of(run) if _scale(rating)]
    if len(found) > 1:
        raise UsageError(
            f"{run.name} has several ratings of {CORRECTNESS}, which need not agree: "
            f"{', '.join(each.directory.name for each in found)}.\nMove all but one of these folders away."
        )
    return _judged(run, found[0], interactions) if found else None


def _scale(rating: Rating) -> tuple[int, int] | None:
    """The scale on which it says how correct texts are."""
    return next((each.scale for each in rating.manifest.dimensions if each.name == CORRECTNESS), None)


def _judged(run: Run, rating: Rating, interactions: int) -> Judged:
    middle = sum(_scale(rating) or ()) / 2
    judged = Judged(*(np.full(interactions, np.nan) for _ in TEXTS))
    for line in rating.lines():
        place = line.round * run.manifest.config.agents + line.agent
        for text, values in zip(TEXTS, judged, strict=True):
            score = line.scores.of(text).get(CORRECTNESS)
            if place < interactions and score and score.rating is not None:
                values[place] = score.rating > middle
    return judged
