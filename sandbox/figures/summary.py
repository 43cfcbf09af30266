"""The figures of one run as sheets: by round, by label, by model, and the agents on their grid."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from agents.protocol import DIMENSIONS, Rated
from sandbox.figures.columns import Counts, Names, Numbers
from sandbox.figures.estimate import CHANGED, NOTE, estimate
from sandbox.figures.frame import Frame
from sandbox.sheet import Cell, Estimate, Sheet
from sandbox.text import joined
from sandbox.vocabulary.names import score_columns

# A longer table shows rounds at even distances on a terminal; files have all of them.
MOST_ROWS: Final = 12


def round_sheets(frame: Frame, rounds: Sequence[Counts] | None = None, note: str | None = None) -> Iterator[Sheet]:
    """For each dimension what each of `rounds` came to: means of draft, revision and gain, missing ratings.

    `rounds` are places in `frame`; all rounds, unless given.
    """
    for dimension in DIMENSIONS:
        rows: list[Sequence[Cell]] = [
            [int(frame.rounds[at[0]]), *_scores(frame, at, dimension)] for at in rounds or every_round(frame)
        ]
        columns = ("round", *score_columns(dimension), "missing")
        yield Sheet(f"{dimension} by round", columns, rows, joined(note, NOTE))


def accounts_sheet(frame: Frame, rounds: Sequence[Counts] | None = None, note: str | None = None) -> Sheet:
    """Interactions in the log, failed ones, missing ratings of all kinds, the share of drafts helped by a recall."""
    missing, failed, recalled = frame.missing_ratings(), frame.failed, ~np.isnan(frame.similarity)
    rows: list[Sequence[Cell]] = [
        [
            int(frame.rounds[at[0]]),
            at.size,
            int(failed[at].sum()),
            int(missing[at].sum()),
            float(recalled[at].mean()),
        ]
        for at in rounds or every_round(frame)
    ]
    return Sheet("accounts by round", ("round", "interactions", "failed", "missing", "recall_rate"), rows, note)


def group_sheets(frame: Frame, name: str, names: Names) -> Iterator[Sheet]:
    """For each dimension a row for each of `names`, one an interaction, and how many interactions it has."""
    groups = {each: np.flatnonzero(names == np.array(each, dtype=object)) for each in sorted(set(names), key=str)}
    for dimension in DIMENSIONS:
        rows: list[Sequence[Cell]] = [
            [each or "none", at.size, *_scores(frame, at, dimension)[:3]] for each, at in groups.items()
        ]
        columns = (name, "interactions", *score_columns(dimension))
        yield Sheet(f"{dimension} by {name}", columns, rows, NOTE, frozenset({name}))


def every_round(frame: Frame) -> list[Counts]:
    """The places of each round in `frame`, first round first."""
    if not len(frame):
        return []
    return np.split(np.arange(len(frame)), np.flatnonzero(np.diff(frame.rounds)) + 1)


def evenly(count: int, wanted: int) -> Counts:
    """`wanted` of the places 0 to `count` - 1 at even distances, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, wanted).round().astype(np.int64))


def some_rounds(rounds: Sequence[Counts]) -> tuple[list[Counts], str | None]:
    """At most `MOST_ROWS` of `rounds`, the first and the last among them, and what was left out if anything was."""
    if len(rounds) <= MOST_ROWS:
        return list(rounds), None
    kept = evenly(len(rounds), MOST_ROWS)
    return [rounds[at] for at in kept], f"{len(kept)} of {len(rounds)} rounds; all of them with --csv or --json"


def _scores(frame: Frame, at: Counts, dimension: Rated) -> tuple[Estimate, Estimate, Estimate, int]:
    draft, revision = (frame.ratings[text, dimension][at] for text in ("draft", "revision"))
    missing = sum(int((frame.missing[text, dimension][at] != "").sum()) for text in ("draft", "revision"))
    sample, gain = frame.sample.at(at), frame.gain(dimension)[at]
    return estimate(draft, sample), estimate(revision, sample), estimate(gain, sample, CHANGED), missing


def grid(frame: Frame, side: int, values: Numbers, round_: int) -> Numbers:
    """The value of each agent in `round_` as the grid stands, (side, side), nan where there is none."""
    at = np.flatnonzero(frame.rounds == round_)
    cells = np.full(side * side, np.nan)
    cells[frame.agents[at]] = values[at]
    return cells.reshape(side, side)
