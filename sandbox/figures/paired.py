"""One run against another: the same cases paired, where the plans of both have the same cases. Knows two runs."""

from typing import Final

import numpy as np

from agents.protocol import DIMENSIONS, Rated
from sandbox.figures.columns import Counts, Numbers
from sandbox.figures.estimate import CHANGED, NOTE, difference, estimate
from sandbox.figures.frame import Frame, Sample
from sandbox.figures.reads import Read
from sandbox.sheet import Cell, Sheet
from sandbox.text import joined

_COLUMNS: Final = ("dimension", "pairs", "n", "n_of_base", "difference", "win", "tie", "loss")


def paired_sheet(base: Read, other: Read, said: str | None = None) -> Sheet:
    """Revisions of `other` against those of `base`, which have as many rounds; `n` are the ratings on each side.

    Where the plans differ, the difference of the means of all. The note goes on from what is `said`.
    """
    why = why_not_paired(base, other)
    against = _unpaired if why else _paired
    rows = [against(other.frame, base.frame, dimension) for dimension in DIMENSIONS]
    if not why and not any(row[1] for row in rows):
        why = "no pair was rated on both sides"
    elif why:
        why = f"not paired, as {why}: difference of the means of all"
    return Sheet(f"{other.name} against {base.name}", _COLUMNS, rows, joined(said, why, NOTE), frozenset({"dimension"}))


def why_not_paired(base: Read, other: Read) -> str | None:
    """Which part of their plans differs; None where each agent was to be asked the same in each round.

    Runs of other seeds have the same question of the same agent now and then, by accident: few cases, in other rounds,
    that stand for nothing. Whether questions are the same is told by what was asked: `--labels none` has no priors, and
    so another sha256 of the same questions.
    """
    if base.run.manifest.seed != other.run.manifest.seed:
        return f"seeds {other.run.manifest.seed} and {base.run.manifest.seed} differ"
    if base.agents != other.agents:
        return f"{other.agents} and {base.agents} agents are not asked the same"
    if not np.array_equal(base.frame.question_ids, other.frame.question_ids):
        return "the questions differ"
    return None


def _paired(frame: Frame, base: Frame, dimension: Rated) -> list[Cell]:
    own, others = frame.ratings["revision", dimension], base.ratings["revision", dimension]
    differences = own - others
    won, tied, lost = (int(np.count_nonzero(np.sign(differences) == sign)) for sign in (1, 0, -1))
    found = estimate(differences, Sample(frame.agents, _both(frame.sample, base.sample)), CHANGED)
    return [dimension, found.count, *_sizes(own, others), found, won, tied, lost]


def _unpaired(frame: Frame, base: Frame, dimension: Rated) -> list[Cell]:
    own, others = frame.ratings["revision", dimension], base.ratings["revision", dimension]
    found = difference(own, frame.sample, others, base.sample)
    return [dimension, 0, *_sizes(own, others), found, None, None, None]


def _sizes(*sides: Numbers) -> list[Cell]:
    """How many ratings each side has."""
    return [int((~np.isnan(each)).sum()) for each in sides]


def _both(one: Sample, other: Sample) -> Counts:
    """A number for each pair of labels: both runs fixed how many agents have each of theirs."""
    pairs: Counts = one.strata * (1 + other.strata.max(initial=0)) + other.strata
    return pairs
