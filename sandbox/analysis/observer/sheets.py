"""The tables about observers: how ratings lie, how far raters agree, neighbours against the observer. Knows raters."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np

from agents.replies import SEVEN
from sandbox.analysis.observer.agreement import Agreement, agreement, mean_difference
from sandbox.analysis.observer.people import SKIPPED, together
from sandbox.analysis.observer.raters import NEIGHBOURS, Rater, Raters, mean_heard
from sandbox.analysis.observer.reliability import Intraclass, given, intraclass
from sandbox.analysis.observer.scored import Asked, Column
from sandbox.figures.columns import Numbers
from sandbox.figures.frame import REASONS
from sandbox.options.annotation import PEOPLE
from sandbox.scores.ranks import spearman
from sandbox.sheet import Cell, Estimate, Sheet

RATINGS, AGREEMENT, AGAINST = "ratings", "agreement", "neighbours against the observer"
PEOPLE_AGAINST: Final = "people against the observer"
FEEDBACK: Final = "feedback"  # what neighbours rate on
_VALUES: Final = tuple(range(SEVEN[0], SEVEN[1] + 1))
_RATINGS_NOTE: Final = (
    "no_reply: asking failed, or nobody asked; skipped: by a person; share: of the commonest among all that are rated"
)
_AGREEMENT_NOTE: Final = (
    "of texts that were rated twice or more; difference: the second less the first; sd_within: of one text; alpha: "
    "Krippendorff's, none where all ratings are the same; 95 % intervals draw texts"
)
_AGAINST_NOTE: Final = (
    "mean rating of a text's neighbours and the observer's alignment of it; difference: neighbours less observer; "
    "95 % intervals draw texts"
)
_PEOPLE_NOTE: Final = (
    "mean rating of a text by people and the observer's of it; difference: people less observer; 95 % intervals draw "
    "texts"
)
_SEVERAL: Final = 3  # people who are more than two that are compared


class Compared(NamedTuple):
    """Two raters of a condition, or its neighbours or people among one another, in one text and dimension."""

    condition: str
    between: str
    text: str
    dimension: str
    found: Agreement
    difference: Estimate | None
    intraclass: Intraclass | None


def compared(raters: Raters) -> Iterator[Compared]:
    """Neighbours, people, the observer with each other rater, and these with one another, where they rated one text."""
    for text, heard in raters.heard.items():
        found = agreement(given(heard.of, heard.ratings))
        yield Compared(raters.condition, NEIGHBOURS, text, FEEDBACK, found, None, None)
    if len(raters.people) >= _SEVERAL:
        for asked, said in together([each.said for each in raters.people]).items():
            found = agreement(given(said.of, said.ratings))
            yield Compared(raters.condition, PEOPLE, asked.text, asked.dimension, found, None, None)
    for one, other in combinations((raters.own, *raters.others, *raters.people), 2):
        for asked in one.said:
            if asked in other.said:
                yield _pair(raters.condition, one, other, asked)


def ratings_sheet(all_raters: Sequence[Raters]) -> Sheet:
    """How often each rater gave each number, by text and dimension, and why ratings are missing."""
    rows = [
        [each.condition, *row]
        for each in all_raters
        for rater in (*_neighbours(each), each.own, *each.others, *each.people)
        for row in _distributions(rater)
    ]
    numbers = [str(value) for value in _VALUES]
    columns = (
        *("condition", "rater", "text", "dimension", "n", "mean", "sd", "commonest", "share"),
        *(*numbers, *REASONS, SKIPPED, "no_reply"),
    )
    optional = ("mean", "sd", "share", "commonest", *numbers, *REASONS, SKIPPED, "no_reply")
    texts = frozenset(columns[:4])
    return Sheet(RATINGS, columns, rows, _RATINGS_NOTE, texts, optional, ("condition", "rater"))


def agreement_sheet(found: Sequence[Compared]) -> Sheet:
    """A row a comparison."""
    columns = (
        *("condition", "between", "text", "dimension", "texts", "exact", "within_1", "difference"),
        *("absolute_difference", "sd_within", "alpha_nominal", "alpha_ordinal", "alpha_interval"),
        *("icc_1", "icc_a1", "icc_c1"),
    )
    optional = (
        *("exact", "texts", "within_1", "icc_a1", "difference", "alpha_ordinal", "absolute_difference", "sd_within"),
        *("alpha_nominal", "icc_c1", "icc_1"),
    )
    rows = [[*each[:4], *_numbers(each)] for each in found]
    return Sheet(AGREEMENT, columns, rows, _AGREEMENT_NOTE, frozenset(columns[:4]), optional, ("condition", "between"))


def against_sheet(all_raters: Sequence[Raters]) -> Sheet:
    """Whether neighbours and the observer put texts into one order, and how far apart they lie."""
    rows = [
        [
            each.condition,
            text,
            *_against(each.own.said[Asked(text, "alignment", SEVEN)].ratings, mean_heard(heard, each.size)),
        ]
        for each in all_raters
        for text, heard in each.heard.items()
    ]
    columns = ("condition", "text", "texts", "spearman", "difference")
    return Sheet(AGAINST, columns, rows, _AGAINST_NOTE, frozenset(columns[:2]), (), ("condition",))


def people_sheet(all_raters: Sequence[Raters]) -> Sheet:
    """Whether people in the mean and the observer put texts into one order, and how far apart they lie."""
    rows = [
        [each.condition, *asked[:2], *_against(each.own.said[asked].ratings, mean_heard(said, each.size))]
        for each in all_raters
        for asked, said in together([person.said for person in each.people]).items()
    ]
    columns = ("condition", "text", "dimension", "texts", "spearman", "difference")
    return Sheet(PEOPLE_AGAINST, columns, rows, _PEOPLE_NOTE, frozenset(columns[:3]), (), ("condition",))


def _pair(condition: str, one: Rater, other: Rater, asked: Asked) -> Compared:
    both = np.column_stack([each.said[asked].ratings for each in (one, other)])
    places = np.repeat(np.arange(len(both)), 2)
    between = f"{one.name} and {other.name}"
    found, difference = agreement(given(places, both.ravel())), mean_difference(*both.T)
    return Compared(condition, between, asked.text, asked.dimension, found, difference, intraclass(both))


def _numbers(each: Compared) -> list[Cell]:
    found, correlations = each.found, each.intraclass or (None,) * 3
    shares = [found.units, found.exact, found.within_1, each.difference, found.apart, found.sd]
    return [*shares, found.nominal, found.ordinal, found.interval, *correlations]


def _neighbours(raters: Raters) -> Iterator[Rater]:
    said = {Asked(text, FEEDBACK, SEVEN): Column(heard.ratings, heard.missing) for text, heard in raters.heard.items()}
    yield Rater(NEIGHBOURS, said)


def _distributions(rater: Rater) -> Iterator[list[Cell]]:
    for (text, dimension, scale), (ratings, missing) in rater.said.items():
        known = ratings[~np.isnan(ratings)].astype(np.int64)
        reasons = [int((missing == reason).sum()) for reason in (*REASONS, SKIPPED)]
        counts = np.bincount(known - scale[0], minlength=scale[1] - scale[0] + 1)
        told: list[Cell] = [None] * 4
        if known.size:
            sd = float(known.std(ddof=1)) if known.size > 1 else None
            told = [float(known.mean()), sd, int(counts.argmax()) + scale[0], float(counts.max() / known.size)]
        by_value: list[Cell] = [*counts.tolist()] if scale == SEVEN else [None] * len(_VALUES)
        no_reply = int(ratings.size - known.size - sum(reasons))
        yield [rater.name, text, dimension, int(known.size), *told, *by_value, *reasons, no_reply]


def _against(observer: Numbers, neighbours: Numbers) -> list[Cell]:
    known = ~np.isnan(observer) & ~np.isnan(neighbours)
    order = spearman(neighbours[known], observer[known])
    return [int(known.sum()), order, mean_difference(observer, neighbours)]
