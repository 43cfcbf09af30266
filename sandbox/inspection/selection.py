"""Which interactions are shown, and in what order. Knows columns and texts of a log; shows nothing."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, get_args

import numpy as np

from sandbox.errors import UsageError
from sandbox.inspection.frame import Counts, Flags, Frame, Numbers
from sandbox.inspection.log_blocks import blocks
from sandbox.release import ScoredText
from sandbox.round_sums import DIMENSIONS, TEXTS
from sandbox.run_reading import Run

if TYPE_CHECKING:
    import pyarrow as pa

SortKey = Literal[
    "round", "agent", "gain", "engagement-gain", "alignment", "engagement", "disagreement", "missing", "similarity"
]
SORT_KEYS: Final[tuple[SortKey, ...]] = get_args(SortKey)
_SPAN: Final = re.compile(r"(\d{1,9})?(-)?(\d{1,9})?")


class Span(NamedTuple):
    """Numbers from `first` to `last`, both included."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: str) -> "Span":
        """`3`, `3-5`, `3-` or `-5`. Raises `UsageError`."""
        found = _SPAN.fullmatch(text.strip())
        if not found or not any(found.group(1, 3)):
            raise UsageError(f"{text!r} is no number and no span of numbers such as 3-5, 3- or -5.")
        first = int(found[1] or 0)
        return cls(first, int(found[3]) if found[3] else (2**62 if found[2] else first))

    def holds(self, numbers: Counts) -> Flags:
        """Which of `numbers` lie in it."""
        return (numbers >= self.first) & (numbers <= self.last)


@dataclass(frozen=True)
class Selection:
    """What is asked of an interaction; None asks nothing. Gains are those of alignment."""

    rounds: Span | None = None
    agents: Span | None = None
    label: str | None = None
    model: str | None = None
    search: str | None = None
    min_gain: float | None = None
    max_gain: float | None = None
    min_disagreement: float | None = None
    missing: bool = False
    failed: bool = False

    def of(self, run: Run, frame: Frame) -> Counts:
        """The places in `frame`, which is that of `run`, of those that fit, in order."""
        fits = np.ones(len(frame), dtype=bool)
        for span, numbers in ((self.rounds, frame.rounds), (self.agents, frame.agents)):
            fits &= span.holds(numbers) if span else True
        for name, names in ((self.label, frame.labels), (self.model, frame.models)):
            fits &= names == name if name is not None else True
        fits &= self._by_ratings(frame)
        if self.search is not None:
            fits &= _speaks_of(run, self.search, len(frame))
        return np.flatnonzero(fits)

    def _by_ratings(self, frame: Frame) -> Flags:
        """Comparisons with nan are false: what was not rated has no gain."""
        fits = np.ones(len(frame), dtype=bool)
        if self.min_gain is not None:
            fits &= frame.gain("alignment") >= self.min_gain
        if self.max_gain is not None:
            fits &= frame.gain("alignment") <= self.max_gain
        if self.min_disagreement is not None:
            fits &= frame.disagreement() >= self.min_disagreement
        if self.missing:
            fits &= frame.missing_ratings() > 0
        if self.failed:
            fits &= frame.failed
        return fits


def in_order(frame: Frame, places: Counts, by: SortKey, *, reverse: bool) -> Counts:
    """`places` by round or agent from the first, by anything else from the largest; what has no value comes last."""
    ascending = by in ("round", "agent")
    values = _VALUES[by](frame)[places]
    keys = values if ascending != reverse else -values
    return places[np.argsort(np.where(np.isnan(keys), np.inf, keys), kind="stable")]


_VALUES: Final[dict[SortKey, Callable[[Frame], Numbers]]] = {
    "round": lambda frame: frame.rounds.astype(np.float64),
    "agent": lambda frame: frame.agents.astype(np.float64),
    "gain": lambda frame: frame.gain("alignment"),
    "engagement-gain": lambda frame: frame.gain("engagement"),
    "alignment": lambda frame: frame.ratings["revision", "alignment"],
    "engagement": lambda frame: frame.ratings["revision", "engagement"],
    "disagreement": Frame.disagreement,
    "missing": lambda frame: frame.missing_ratings().astype(np.float64),
    "similarity": lambda frame: frame.similarity,
}


def _speaks_of(run: Run, wanted: str, count: int) -> Flags:
    """Which of the first `count` interactions hold `wanted` anywhere in what was said, whatever its case."""
    found = [_matches(block, wanted) for block in blocks(run, _texts())]
    flags: Flags = np.concatenate([np.zeros(0, dtype=bool), *found])
    return flags[:count]


def _texts() -> "pa.Schema":
    """Everything that was asked, remembered, answered and judged."""
    import pyarrow as pa

    recall = ("recall", pa.struct([("question", pa.string()), ("answer", pa.string())]))
    reason = [("reason", pa.string()), ("raw", pa.string())]
    scores = pa.struct([(dimension, pa.struct(reason)) for dimension in DIMENSIONS])
    return pa.schema(
        [
            ("question", pa.string()),
            recall,
            ("draft", pa.string()),
            ("feedback", pa.list_(pa.struct([*reason, recall]))),
            ("revision", pa.string()),
            ("scores", pa.struct([(text, scores) for text in TEXTS])),
        ]
    )


def _matches(block: "pa.RecordBatch", wanted: str) -> Flags:
    import pyarrow.compute as pc

    fits = _remembers(block["recall"], wanted)
    for column in (block["question"], block["draft"], block["revision"]):
        fits |= _holds(column, wanted)
    for judgement in _judgements(block):
        fits |= _says(judgement, wanted)
    feedback = pc.list_flatten(block["feedback"])
    of = np.asarray(pc.list_parent_indices(block["feedback"]))
    fits[of[_says(feedback, wanted) | _remembers(pc.struct_field(feedback, "recall"), wanted)]] = True
    return fits


def _remembers(recall: Any, wanted: str) -> Flags:
    import pyarrow.compute as pc

    question, answer = (_holds(pc.struct_field(recall, name), wanted) for name in ("question", "answer"))
    return question | answer


def _judgements(block: "pa.RecordBatch") -> list[Any]:
    import pyarrow.compute as pc

    texts: tuple[ScoredText, ...] = TEXTS
    return [pc.struct_field(block["scores"], [text, dimension]) for text in texts for dimension in DIMENSIONS]


def _says(judgement: Any, wanted: str) -> Flags:
    """In its reason, or in what the model wrote where no reason could be read."""
    import pyarrow.compute as pc

    said = pc.coalesce(pc.struct_field(judgement, "reason"), pc.struct_field(judgement, "raw"))
    return _holds(said, wanted)


def _holds(texts: Any, wanted: str) -> Flags:
    import pyarrow.compute as pc

    found = pc.match_substring(texts, wanted, ignore_case=True).fill_null(False)
    flags: Flags = found.to_numpy(zero_copy_only=False)
    return flags
