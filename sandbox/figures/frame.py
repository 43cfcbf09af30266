"""The interactions of a run as columns of numbers: all of them at once, read in blocks and without their texts.

Knows the log and arrays; not what is asked of them. A frame is read anew each time: there is no index to go stale.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

import numpy as np

from agents.protocol import DIMENSIONS, TEXTS, Rated, ScoredText
from agents.replies import Missing
from sandbox.figures.columns import (
    Counts,
    Flags,
    Names,
    Numbers,
    as_counts,
    as_names,
    as_numbers,
    field,
    names,
    numbers,
    whole_numbers,
)
from sandbox.figures.log_blocks import read_columns, refusal
from sandbox.figures.soundness import is_sound
from sandbox.runs.reading import Run

if TYPE_CHECKING:
    import pyarrow as pa

REASONS: Final[tuple[Missing, ...]] = get_args(Missing)


class Heard(NamedTuple):
    """All neighbours' ratings of one kind of text in a row: 1..7 or nan, and why there is none, or "".

    Entry `of` says whose interaction each belongs to, and `by` which agent gave it.
    """

    of: Counts
    ratings: Numbers
    missing: Names
    by: Counts

    def first(self, interactions: int) -> "Heard":
        """Those of the first `interactions` alone."""
        end = np.searchsorted(self.of, interactions)
        return Heard(self.of[:end], self.ratings[:end], self.missing[:end], self.by[:end])

    @property
    def missed(self) -> Counts:
        """Whose interaction each one belongs to that was asked for and could not be read."""
        missed: Counts = self.of[self.missing != ""]
        return missed


class Sample(NamedTuple):
    """Who gave each of n values, as arrays (n,): the agent, and a number for its label."""

    agents: Counts
    strata: Counts

    def at(self, places: Counts | Flags | slice) -> "Sample":
        """The same of some of the values."""
        return Sample(self.agents[places], self.strata[places])


@dataclass(frozen=True)
class Frame:
    """One entry an interaction, n of them in (round, agent) order, in every array (n,).

    `ratings` are 1..7 by text and dimension, nan where there is none, and `missing` says why there is none: the reason,
    "" where the rating was obtained or never asked for. `feedback` is what neighbours said of drafts, and
    `revision_feedback` what they said of revisions, if they were asked. Names are None where the log has null;
    `similarity` is nan where the draft was helped by no recall.
    """

    rounds: Counts
    agents: Counts
    labels: Names
    models: Names
    question_ids: Names
    similarity: Numbers
    ratings: dict[tuple[ScoredText, Rated], Numbers]
    missing: dict[tuple[ScoredText, Rated], Names]
    feedback: Heard
    revision_feedback: Heard
    failed_stage: Names
    failed_error: Names

    def __len__(self) -> int:
        return len(self.rounds)

    @property
    def failed(self) -> Flags:
        """Which interactions failed."""
        flags: Flags = self.failed_stage != np.array(None, dtype=object)
        return flags

    @cached_property
    def sample(self) -> Sample:
        """Who gave what each interaction was rated."""
        numbers = {label: number for number, label in enumerate(sorted(set(self.labels), key=str))}
        return Sample(self.agents, np.array([numbers[label] for label in self.labels], dtype=np.int64))

    def gain(self, dimension: Rated) -> Numbers:
        """Revision minus draft, nan where one of them has no rating."""
        return self.ratings["revision", dimension] - self.ratings["draft", dimension]

    def disagreement(self) -> Numbers:
        """The largest difference between two neighbours' ratings of the draft; nan where fewer than two rated it."""
        known = ~np.isnan(self.feedback.ratings)
        of, ratings = self.feedback.of[known], self.feedback.ratings[known]
        highest, lowest = np.full(len(self), -np.inf), np.full(len(self), np.inf)
        np.maximum.at(highest, of, ratings)
        np.minimum.at(lowest, of, ratings)
        return np.where(np.bincount(of, minlength=len(self)) > 1, highest - lowest, np.nan)

    def missing_ratings(self) -> Counts:
        """How many ratings of each interaction, of neighbours and observer, were asked for and could not be read."""
        missed = np.concatenate([self.feedback.missed, self.revision_feedback.missed])
        counts = np.bincount(missed, minlength=len(self))
        for reasons in self.missing.values():
            counts = counts + (reasons != "")
        return counts


def read_frame(run: Run) -> Frame:
    """The interactions that the log of `run` holds by now. Raises `SandboxError` that names the line of a bad one."""
    columns = read_columns(run, _schema(run.manifest.config.peers_rate is not None))
    try:
        frame = _frame(columns)
    except ValueError:  # what is no number where one belongs, or no Unicode
        raise refusal(run) from None
    size = run.manifest.config.agents
    if not is_sound(frame, size) or not np.array_equal(frame.rounds * size + frame.agents, np.arange(len(frame))):
        raise refusal(run)
    return frame


def _schema(revisions: bool) -> "pa.Schema":
    """What is read of an interaction: no texts but names; neighbours on `revisions` only where they rated some."""
    import pyarrow as pa

    judgement = pa.struct([("rating", pa.int64()), ("missing", pa.string())])
    heard = pa.struct([("agent", pa.int64()), *judgement])
    scores = pa.struct([(dimension, judgement) for dimension in DIMENSIONS])
    return pa.schema(
        [
            ("round", pa.int64()),
            ("agent", pa.int64()),
            ("label", pa.string()),
            ("model", pa.string()),
            ("question_id", pa.string()),
            ("recall", pa.struct([("similarity", pa.float64())])),
            ("feedback", pa.list_(heard)),
            ("scores", pa.struct([(text, scores) for text in TEXTS])),
            ("failed", pa.struct([("stage", pa.string()), ("error", pa.string())])),
            *([("revision_feedback", pa.list_(heard))] if revisions else []),
        ]
    )


def _frame(columns: "pa.Table") -> Frame:
    ratings, missing = {}, {}
    for text, dimension in ((text, dimension) for text in TEXTS for dimension in DIMENSIONS):
        ratings[text, dimension] = numbers(columns, "scores", text, dimension, "rating")
        missing[text, dimension] = names(columns, "scores", text, dimension, "missing", absent="")
    return Frame(
        rounds=whole_numbers(columns, "round"),
        agents=whole_numbers(columns, "agent"),
        labels=names(columns, "label"),
        models=names(columns, "model"),
        question_ids=names(columns, "question_id"),
        similarity=numbers(columns, "recall", "similarity"),
        ratings=ratings,
        missing=missing,
        feedback=_heard(columns, "feedback"),
        revision_feedback=_heard(columns, "revision_feedback"),
        failed_stage=names(columns, "failed", "stage"),
        failed_error=names(columns, "failed", "error"),
    )


def _heard(columns: "pa.Table", name: str) -> Heard:
    """The entries of lists in a row; where there is no list there is none."""
    import pyarrow.compute as pc

    if name not in columns.column_names:
        nobody = np.zeros(0, dtype=np.int64)
        return Heard(nobody, np.zeros(0), np.zeros(0, dtype=object), nobody)
    lists = columns[name].combine_chunks()
    given, lengths = lists.flatten(), as_counts(pc.list_value_length(lists), 0)
    of = np.repeat(np.arange(len(columns)), lengths)
    by = as_counts(field(given, "agent"), -1)
    return Heard(of, as_numbers(field(given, "rating")), as_names(field(given, "missing"), ""), by)
