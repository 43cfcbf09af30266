"""The ratings of a run as a table, a row each: of the observer, of neighbours, and of later ratings beside the run.

Knows columns of logs. A rating that is not there is null, with the reason in `missing` where its reply could not be
read; where the run's own asking failed both are null. What a later rating failed to ask is no row: its record does not
tell that from what it was not to ask.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from agents.protocol import DIMENSIONS, TEXTS
from sandbox.analysis.observer.people import judged
from sandbox.analysis.observer.raters import NEIGHBOURS, OBSERVER
from sandbox.analysis.observer.scored import Asked, Column, scored
from sandbox.analysis.observer.sheets import FEEDBACK
from sandbox.figures.columns import Counts, Names, Numbers
from sandbox.figures.frame import Frame, read_frame
from sandbox.runs.annotation.reading import annotations_of
from sandbox.runs.rating.log import check_texts
from sandbox.runs.rating.reading import ratings_of
from sandbox.runs.reading import Run
from sandbox.runs.records import interaction_id

if TYPE_CHECKING:
    import pyarrow as pa

_NOBODY: Final = -1
_WHOSE: Final = ("id", "round", "agent", "label", "model", "question_id")
_COLUMNS: Final = (*_WHOSE, "text", "dimension", "rater", "neighbour", "rating", "missing")


class _Ratings(NamedTuple):
    """Ratings by one rater of one kind of text on one dimension; `of` says of which interactions they are."""

    text: str
    dimension: str
    rater: str
    of: Counts
    ratings: Numbers
    missing: Names
    by: Counts


def long_ratings(run: Run) -> "pa.Table":
    """Every rating that was to be given to the interactions in the log, in their order.

    Of a later rating what came of it: a rating, or a reply that could not be read. Raises `SandboxError` that names the
    line of a bad one.
    """
    import pyarrow as pa

    frame = read_frame(run)
    parts = [*_heard(frame), *_observed(frame), *_later(run, len(frame))]
    order = np.argsort(_joined(parts, "of"), kind="stable")
    of, ratings = _joined(parts, "of")[order], _joined(parts, "ratings")[order]
    missing, by = _joined(parts, "missing")[order], _joined(parts, "by")[order]
    said = np.repeat(np.arange(len(parts)), [len(part.of) for part in parts])[order]
    return pa.table(
        {
            **_whose(frame, of),
            **{name: _words([getattr(part, name) for part in parts], said) for name in ("text", "dimension", "rater")},
            "neighbour": pa.array(by, mask=by == _NOBODY),
            "rating": pa.array(np.nan_to_num(ratings).astype(np.int64), mask=np.isnan(ratings)),
            "missing": pa.array(missing, pa.string(), mask=(missing == "").astype(bool)),
        },
        schema(),
    )


def schema() -> "pa.Schema":
    """Its columns."""
    import pyarrow as pa

    whole = {"round", "agent", "neighbour", "rating"}
    return pa.schema([(name, pa.int64() if name in whole else pa.string()) for name in _COLUMNS])


def _joined(parts: Sequence[_Ratings], name: str) -> Any:
    return np.concatenate([getattr(part, name) for part in parts])


def _heard(frame: Frame) -> Iterator[_Ratings]:
    for text, heard in zip(TEXTS, (frame.feedback, frame.revision_feedback), strict=True):
        yield _Ratings(text, FEEDBACK, NEIGHBOURS, *heard)


def _observed(frame: Frame) -> Iterator[_Ratings]:
    every = np.arange(len(frame))
    for text in TEXTS:
        for dimension in DIMENSIONS:
            given = frame.ratings[text, dimension], frame.missing[text, dimension]
            yield _Ratings(text, dimension, OBSERVER, every, *given, _nobody(len(frame)))


def _later(run: Run, size: int) -> Iterator[_Ratings]:
    """Those of models and of people beside the run, of what they were asked for."""
    for name, said in _beside(run, size):
        for asked, column in said.items():
            of = np.flatnonzero(~np.isnan(column.ratings) | (column.missing != ""))
            given = column.ratings[of], column.missing[of]
            yield _Ratings(asked.text, asked.dimension, name, of, *given, _nobody(len(of)))


def _beside(run: Run, size: int) -> Iterator[tuple[str, Mapping[Asked, Column]]]:
    """Ratings are of the run's texts, or are refused; of what people said the texts count that it still has."""
    for rating in ratings_of(run):
        check_texts(run, rating)
        yield rating.rater, scored(rating, size, run.manifest.config.agents)
    for annotation in annotations_of(run):
        yield annotation.name, judged(annotation, run, size).said


def _nobody(count: int) -> Counts:
    return np.full(count, _NOBODY)


def _whose(frame: Frame, of: Counts) -> dict[str, "pa.Array"]:
    import pyarrow as pa

    rounds, agents = frame.rounds[of], frame.agents[of]
    ids = np.array([interaction_id(*each) for each in zip(frame.rounds, frame.agents, strict=True)], dtype=object)
    names = {"label": frame.labels, "model": frame.models, "question_id": frame.question_ids}
    return {
        "id": pa.array(ids[of], pa.string()),
        "round": pa.array(rounds),
        "agent": pa.array(agents),
        **{name: pa.array(values[of], pa.string()) for name, values in names.items()},
    }


def _words(words: Sequence[str], at: Counts) -> "pa.Array":
    import pyarrow as pa

    return pa.array(np.array(words, dtype=object)[at], pa.string())
