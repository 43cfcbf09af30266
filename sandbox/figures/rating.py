"""What a rating came to, text by text and dimension by dimension, beside the run's own scores of the same texts.

Reads both logs; knows no terminal.
"""

from collections import Counter
from collections.abc import Mapping
from statistics import fmean, stdev
from typing import Final, NamedTuple

import numpy as np

from agents.protocol import DIMENSIONS, TEXTS, Rated, ScoredText
from sandbox.figures.frame import Frame, read_frame
from sandbox.runs.rating.reading import Rating
from sandbox.runs.reading import read_run
from sandbox.sheet import Cell, Sheet

_COLUMNS: Final = ("text", "dimension", "mean", "sd", "n", "missing", "mean_of_run", "sd_of_run", "n_of_run")


class _Given(NamedTuple):
    """How often each rating was given to a kind of text on a dimension; where; and how many could not be read."""

    ratings: Counter[int]
    places: list[int]
    missing: Counter[str]


def scores_sheet(rating: Rating) -> Sheet:
    """A row for each text and dimension; without the run, which is named, its columns are empty.

    `sd` has n - 1 below it. Of the run those texts count that have a rating here. Raises `SandboxError`.
    """
    run = read_run(rating.run_path) if rating.run_path.exists() else None
    frame = read_frame(run) if run else None
    given = _given(rating, run.manifest.config.agents if run else 0)
    rows = [
        [text, name, *_moments(list(found.ratings.elements())), found.missing.total(), *_own(frame, text, name, found)]
        for (text, name), found in given.items()
    ]
    note = None if run else f"run {rating.run_id} is not beside it"
    return Sheet("scores", _COLUMNS, rows, note, frozenset({"text", "dimension"}), _COLUMNS[-3:], ("dimension",))


def _given(rating: Rating, agents: int) -> Mapping[tuple[ScoredText, str], _Given]:
    names = [each.name for each in rating.manifest.dimensions]
    given = {(text, name): _Given(Counter(), [], Counter()) for text in TEXTS for name in names}
    for line in rating.lines():
        for (text, name), found in given.items():
            score = line.scores.of(text).get(name)
            if score and score.rating is not None:
                found.ratings[score.rating] += 1
                found.places.append(line.round * agents + line.agent)
            elif score and score.missing:
                found.missing[score.missing] += 1
    return given


def _own(frame: Frame | None, text: ScoredText, name: str, found: _Given) -> list[Cell]:
    """What the run's own observer gave the same texts."""
    if frame is None or name not in DIMENSIONS or max(found.places, default=0) >= len(frame):
        return [None] * 3
    dimension: Rated = "alignment" if name == "alignment" else "engagement"
    own = frame.ratings[text, dimension][found.places]
    return _moments(own[~np.isnan(own)].tolist())


def _moments(values: list[float]) -> list[Cell]:
    """Mean, standard deviation and count; None where there are too few."""
    return [fmean(values) if values else None, stdev(values) if len(values) > 1 else None, len(values)]
