"""Which interactions are shown, and in what order. Knows columns and texts of a log; shows nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from sandbox.figures.columns import Counts, Flags, Names, Numbers
from sandbox.figures.frame import Frame
from sandbox.figures.full_text import holding
from sandbox.runs.reading import Run
from sandbox.span import Span

SortKey = Literal[
    "round", "agent", "label", "model", "question", "alignment_gain", "engagement_gain", "revision_alignment",
    "revision_engagement", "disagreement", "missing", "failed", "recall_similarity",
]  # fmt: skip
SORT_KEYS: Final[tuple[SortKey, ...]] = get_args(SortKey)


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

    def of(self, run: Run, frame: Frame, found: Flags | None = None) -> Counts:
        """The places in `frame`, which is that of `run`, of those that fit, in order.

        `found` is what was `holding` the text that is searched, if that is known.
        """
        fits = np.ones(len(frame), dtype=bool)
        for span, numbers in ((self.rounds, frame.rounds), (self.agents, frame.agents)):
            fits &= span.holds(numbers) if span else True
        for name, names in ((self.label, frame.labels), (self.model, frame.models)):
            fits &= names == name if name is not None else True
        fits &= self._by_ratings(frame)
        if self.search is not None:
            held = holding(run, self.search) if found is None else found
            fits[: len(held)] &= held[: len(frame)]
            fits[len(held) :] = False  # a log that grows may have been shorter when it was searched
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
    """`places` by names and numbers from the first, by measures from the largest; what has no value comes last.

    By question brings the same question together.
    """
    ascending = by in ("round", "agent", "label", "model", "question")
    values = VALUES[by](frame)[places]
    keys = values if ascending != reverse else -values
    return places[np.argsort(np.where(np.isnan(keys), np.inf, keys), kind="stable")]


VALUES: Final[dict[SortKey, Callable[[Frame], Numbers]]] = {
    "round": lambda frame: frame.rounds.astype(np.float64),
    "agent": lambda frame: frame.agents.astype(np.float64),
    "label": lambda frame: _ranks(frame.labels),
    "model": lambda frame: _ranks(frame.models),
    "question": lambda frame: _ranks(frame.question_ids),
    "alignment_gain": lambda frame: frame.gain("alignment"),
    "engagement_gain": lambda frame: frame.gain("engagement"),
    "revision_alignment": lambda frame: frame.ratings["revision", "alignment"],
    "revision_engagement": lambda frame: frame.ratings["revision", "engagement"],
    "disagreement": Frame.disagreement,
    "missing": lambda frame: frame.missing_ratings().astype(np.float64),
    "failed": lambda frame: frame.failed.astype(np.float64),
    "recall_similarity": lambda frame: frame.similarity,
}


def _ranks(names: Names) -> Numbers:
    """The place of each name in their order, nan for None."""
    known = sorted({name for name in names if name is not None})
    ranks = {name: float(at) for at, name in enumerate(known)}
    return np.array([ranks.get(name, np.nan) for name in names], dtype=np.float64)
