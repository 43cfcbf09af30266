"""The ratings in the log of one run as columns, and the group of each of its agents. Reads no text.

Knows the log and arrays; not what is asked of them, and no other run.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from agents.protocol import DIMENSIONS, TEXTS, Rated, ScoredText
from sandbox.errors import SandboxError
from sandbox.figures.columns import (
    Counts,
    Flags,
    Numbers,
    as_counts,
    as_numbers,
    field,
    numbers,
    present,
    values_of,
    whole_numbers,
)
from sandbox.figures.log_blocks import read_columns, refusal
from sandbox.runs.reading import Run

if TYPE_CHECKING:
    import pyarrow as pa

By = Literal["group", "label", "model"]
NONE: Final = "none"  # what agents without a label are called
_GIVEN: Final[dict[ScoredText, str]] = {"draft": "feedback", "revision": "revision_feedback"}


class Ratings(NamedTuple):
    """n ratings, 1 to 7, nan where there is none; `missing` are those that were asked for and could not be read.

    `raters` and `authors` are numbers of agents, `texts` those of interactions, arrays (n,); the observer is no agent,
    so its `raters` are empty.
    """

    values: Numbers
    missing: Flags
    raters: Counts
    authors: Counts
    texts: Counts


class Log(NamedTuple):
    """The ratings of neighbours by text, those of the observer, and the group of each agent, None if it is not there.

    `interactions` is how many the log holds by now.
    """

    names: Sequence[str | None]
    given: dict[ScoredText, Ratings]
    scores: dict[tuple[ScoredText, Rated], Ratings]
    interactions: int


def read_log(run: Run, by: By) -> Log:
    """The log of `run`, its agents grouped `by` a field.

    Raises `SandboxError` that names a bad line, or an agent that is of two groups.
    """
    columns, size = read_columns(run, _schema(by)), run.manifest.config.agents
    try:
        authors, rounds = (whole_numbers(columns, name) for name in ("agent", "round"))
        given = {text: _given(columns[name], authors) for text, name in _GIVEN.items()}
        scores = {(text, each): _scored(columns, text, each, authors) for text in TEXTS for each in DIMENSIONS}
    except ValueError:  # what is no number where one belongs
        raise refusal(run) from None
    if not np.array_equal((rounds, authors), np.divmod(np.arange(len(authors)), size)):
        raise refusal(run)
    if not all(_is_sound(each, size) for each in (*given.values(), *scores.values())):
        raise refusal(run)
    # Who rated a revision gave the feedback on its draft too, where label and model stand.
    named = [(authors, columns[by]), (given["draft"].raters, _entries(columns["feedback"])[by])]
    found = _names(run, named, by)
    if by == "group" and run.manifest.population and not {*found} <= {*run.groups, None}:
        raise refusal(run)
    return Log(found, given, scores, len(authors))


def _schema(by: By) -> "pa.Schema":
    import pyarrow as pa

    judgement = [("rating", pa.int64()), ("missing", pa.string())]
    feedback = pa.list_(pa.struct([("agent", pa.int64()), (by, pa.string()), *judgement]))
    scores = pa.struct([(dimension, pa.struct(judgement)) for dimension in DIMENSIONS])
    return pa.schema(
        [
            ("round", pa.int64()),
            ("agent", pa.int64()),
            (by, pa.string()),
            *((name, feedback) for name in _GIVEN.values()),
            ("scores", pa.struct([(text, scores) for text in TEXTS])),
        ]
    )


def _given(column: "pa.ChunkedArray", authors: Counts) -> Ratings:
    """What neighbours said, an entry each."""
    import pyarrow.compute as pc

    entries = _entries(column)
    of = values_of(pc.list_parent_indices(column.combine_chunks()))
    raters = whole_numbers(entries, "agent")
    return Ratings(numbers(entries, "rating"), present(entries["missing"].combine_chunks()), raters, authors[of], of)


def _entries(column: "pa.ChunkedArray") -> "pa.Table":
    """Those of all lists, one below another."""
    import pyarrow as pa

    return pa.Table.from_struct_array(column.combine_chunks().flatten())


def _scored(columns: "pa.Table", text: ScoredText, dimension: Rated, authors: Counts) -> Ratings:
    """What the observer said of one text of each interaction."""
    judgement = field(field(columns["scores"].combine_chunks(), text), dimension)
    values, missing = as_numbers(field(judgement, "rating")), present(field(judgement, "missing"))
    return Ratings(values, missing, np.empty(0, dtype=np.int64), authors, np.arange(authors.size))


def _names(run: Run, named: Sequence[tuple[Counts, "pa.ChunkedArray"]], by: By) -> list[str | None]:
    """The group of each agent, of everything that it said. Raises `SandboxError` where that is not one."""
    import pyarrow as pa

    agents = np.concatenate([each for each, _ in named])
    said = pa.chunked_array([chunk for _, column in named for chunk in column.chunks], pa.string()).combine_chunks()
    coded = said.dictionary_encode()
    words = [*coded.dictionary.to_pylist(), NONE]
    codes = as_counts(coded.indices, len(words) - 1)
    of = np.full(run.manifest.config.agents, -1)
    of[agents] = codes
    if (other := np.flatnonzero(of[agents] != codes)).size:
        agent = int(agents[other[0]])
        raise SandboxError(f"{run.directory.interactions}: agent {agent} has more than one {by}.")
    return [words[code] if code >= 0 else None for code in of]


def _is_sound(ratings: Ratings, size: int) -> bool:
    """Whether every rating is 1 to 7 or absent, and of an agent that there is, for another."""
    outside = (ratings.values < 1) | (ratings.values > 7)
    raters, authors = ratings.raters, ratings.authors[: ratings.raters.size]
    return not (outside.any() or ((raters < 0) | (raters >= size) | (raters == authors)).any())
