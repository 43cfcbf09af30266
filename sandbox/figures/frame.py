"""The interactions of a run as columns of numbers: all of them at once, read in blocks and without their texts.

Knows the log and arrays; not what is asked of them. A frame is read anew each time: there is no index to go stale.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from agents.protocol import DIMENSIONS, TEXTS, Rated, ScoredText
from agents.replies import Missing
from sandbox.figures.log_blocks import read_columns, refusal
from sandbox.figures.soundness import is_sound
from sandbox.runs.reading import Run

if TYPE_CHECKING:
    import pyarrow as pa

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]
Names = NDArray[np.object_]
Flags = NDArray[np.bool_]
REASONS: Final[tuple[Missing, ...]] = get_args(Missing)


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
    "" where the rating was obtained or never asked for. `feedback_ratings` are those of all neighbours in a row, entry
    `feedback_of` saying whose interaction each belongs to. Names are None where the log has null; `similarity` is nan
    where the draft was helped by no recall.
    """

    rounds: Counts
    agents: Counts
    labels: Names
    models: Names
    question_ids: Names
    similarity: Numbers
    ratings: dict[tuple[ScoredText, Rated], Numbers]
    missing: dict[tuple[ScoredText, Rated], Names]
    feedback_of: Counts
    feedback_ratings: Numbers
    feedback_missing: Names
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
        known = ~np.isnan(self.feedback_ratings)
        of, ratings = self.feedback_of[known], self.feedback_ratings[known]
        highest, lowest = np.full(len(self), -np.inf), np.full(len(self), np.inf)
        np.maximum.at(highest, of, ratings)
        np.minimum.at(lowest, of, ratings)
        return np.where(np.bincount(of, minlength=len(self)) > 1, highest - lowest, np.nan)

    def missing_ratings(self) -> Counts:
        """How many ratings of each interaction, of neighbours and observer, were asked for and could not be read."""
        counts = np.bincount(self.feedback_of[self.feedback_missing != ""], minlength=len(self))
        for reasons in self.missing.values():
            counts = counts + (reasons != "")
        return counts


def read_frame(run: Run) -> Frame:
    """The interactions that the log of `run` holds by now. Raises `SandboxError` that names the line of a bad one."""
    columns = read_columns(run, _schema())
    try:
        frame = _frame(columns)
    except ValueError:  # what is no number where one belongs, or no Unicode
        raise refusal(run) from None
    size = run.manifest.config.agents
    if not is_sound(frame) or not np.array_equal(frame.rounds * size + frame.agents, np.arange(len(frame))):
        raise refusal(run)
    return frame


def _schema() -> "pa.Schema":
    """What is read of an interaction: no texts but names."""
    import pyarrow as pa

    judgement = pa.struct([("rating", pa.int64()), ("missing", pa.string())])
    scores = pa.struct([(dimension, judgement) for dimension in DIMENSIONS])
    return pa.schema(
        [
            ("round", pa.int64()),
            ("agent", pa.int64()),
            ("label", pa.string()),
            ("model", pa.string()),
            ("question_id", pa.string()),
            ("recall", pa.struct([("similarity", pa.float64())])),
            ("feedback", pa.list_(judgement)),
            ("scores", pa.struct([(text, scores) for text in TEXTS])),
            ("failed", pa.struct([("stage", pa.string()), ("error", pa.string())])),
        ]
    )


def _frame(columns: "pa.Table") -> Frame:
    ratings, missing = {}, {}
    for text, dimension in ((text, dimension) for text in TEXTS for dimension in DIMENSIONS):
        ratings[text, dimension] = _numbers(columns, "scores", text, dimension, "rating")
        missing[text, dimension] = _names(columns, "scores", text, dimension, "missing", absent="")
    feedback = columns["feedback"].combine_chunks()
    given = feedback.flatten()
    lengths = np.diff(np.asarray(feedback.offsets))
    return Frame(
        rounds=_whole(columns, "round"),
        agents=_whole(columns, "agent"),
        labels=_names(columns, "label"),
        models=_names(columns, "model"),
        question_ids=_names(columns, "question_id"),
        similarity=_numbers(columns, "recall", "similarity"),
        ratings=ratings,
        missing=missing,
        feedback_of=np.repeat(np.arange(len(columns)), lengths),
        feedback_ratings=_as_numbers(_field(given, "rating")),
        feedback_missing=_as_names(_field(given, "missing"), ""),
        failed_stage=_names(columns, "failed", "stage"),
        failed_error=_names(columns, "failed", "error"),
    )


def _whole(columns: "pa.Table", name: str) -> Counts:
    """Numbers that every interaction has. Raises `ValueError`."""
    if columns[name].null_count:
        raise ValueError(f"an interaction has no {name}")
    return np.asarray(columns[name], dtype=np.int64)


def _numbers(columns: "pa.Table", name: str, *path: str) -> Numbers:
    return _as_numbers(_nested(columns, name, path))


def _names(columns: "pa.Table", name: str, *path: str, absent: str | None = None) -> Names:
    return _as_names(_nested(columns, name, path), absent)


def _nested(columns: "pa.Table", name: str, path: tuple[str, ...]) -> Any:
    array = columns[name].combine_chunks()
    for part in path:
        array = _field(array, part)
    return array


def _field(array: Any, name: str) -> Any:
    """A field of a struct array, null where the struct is."""
    import pyarrow.compute as pc

    return pc.struct_field(array, name)


def _as_numbers(array: Any) -> Numbers:
    import pyarrow as pa

    return np.asarray(array.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _as_names(array: Any, absent: str | None) -> Names:
    """Texts as Python objects, each distinct one once: a run has few models, and many interactions."""
    coded = array.dictionary_encode()
    words = np.array([*coded.dictionary.to_pylist(), absent], dtype=object)
    codes = coded.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)
    names: Names = words[codes]
    return names
