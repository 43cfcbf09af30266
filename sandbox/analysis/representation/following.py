"""Whose feedback is followed: how much nearer a neighbour's reason the revision is than the draft was.

Knows texts of a log, of a sample of interactions where there are many; not of which group an agent is.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from sandbox.analysis.representation.similarity import cosine, words
from sandbox.figures.columns import Counts, Numbers
from sandbox.figures.records_at import records_at
from sandbox.runs.reading import Run
from sandbox.runs.records import Interaction

MOST: Final = 5_000  # interactions whose texts are read
SEED: Final = 0


class Following(NamedTuple):
    """How much nearer each reason the answer came, -1 to 1, nan where that has no value, and who gave the reason.

    They are those of so many `interactions` out of `all`.
    """

    changes: Numbers
    raters: Counts
    interactions: int
    all: int


def following(runs: Sequence[Run], lengths: Sequence[int]) -> Following:
    """Of the first so many interactions of each of `runs`. Agents are numbered on from run to run.

    Raises `SandboxError` that names the line of a bad one.
    """
    places = _sample(sum(lengths))
    starts, agents = np.cumsum([0, *lengths]), np.cumsum([0, *(run.manifest.config.agents for run in runs)])
    found: list[tuple[int, float]] = []
    for number, run in enumerate(runs):
        own = places[(places >= starts[number]) & (places < starts[number + 1])] - starts[number]
        items = records_at(run._replace(given=None), own)  # texts alone: to look other scores up takes a second
        found += [(agents[number] + rater, change) for item in items for rater, change in _of(item)]
    raters, changes = np.array(found, dtype=np.float64).reshape(-1, 2).T
    return Following(changes, raters.astype(np.int64), places.size, sum(lengths))


def _sample(count: int) -> Counts:
    """Which of `count` interactions are read, the same each time, in order."""
    if count <= MOST:
        return np.arange(count)
    return np.sort(np.random.default_rng(SEED).choice(count, MOST, replace=False))


def _of(item: Interaction) -> Iterator[tuple[int, float]]:
    """Each rater, and how much nearer what it said the revision is; nan where a text is not there or has no words."""
    draft, revision = words(item.draft), words(item.revision)
    for each in item.feedback:
        reason = words(each.reason)
        before, after = cosine(draft, reason), cosine(revision, reason)
        yield each.agent, np.nan if before is None or after is None else after - before
