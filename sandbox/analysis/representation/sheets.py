"""The tables of groups: who rates whom how, means and gaps, tests, whose feedback is followed. Knows no log."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sandbox.analysis.representation.condition import Condition
from sandbox.analysis.representation.log import By
from sandbox.analysis.representation.measures import FOLLOWING
from sandbox.figures.estimate import NOTE
from sandbox.sheet import Cell, Sheet
from sandbox.text import joined

CHANCE: Final = 0.05  # a gap that chance sets less often is called one
HEAT: Final = "ratings by rater and author"
MEANS: Final = "ratings by group"
GAPS: Final = "largest gap between groups"
PAIRS: Final = "gaps between groups"
FOLLOWED: Final = "whose feedback is followed"
_PERSONAS: Final = "personas are one model's picture of groups"
INTERVALS: Final = f"{NOTE}; they draw raters, and take authors as they are"
_GIVEN: Final = "given differs also where groups rated other texts; above others: less what others gave the same text"
_ALIKE: Final = (
    "change, from draft to revision, of the cosine of counts of words of answer and reason; no language model"
)
OVER: Final = "over_agents"
_HEAT: Final = ("condition", "text", "rater", "author", "mean", "n", "missing")
_GROUP: Final = ("condition", "measure", "group", "agents", "n", "missing")
_GAPS: Final = ("condition", "measure", "highest", "lowest", "gap", "p", "least_p", "relabellings", "exact_p")
_PAIRS: Final = ("condition", "measure", "group", "other", "difference")
_KEYS: Final = ("condition", "measure", "group")
# Of these a narrow terminal leaves out the last first.
_OPTIONAL: Final = ("least_p", "agents", OVER, "missing", "relabellings", "exact_p")
_TEXTS: Final = frozenset({*_KEYS, "text", "rater", "author", "other", "highest", "lowest"})


def sheets(conditions: Sequence[Condition], by: By) -> Iterator[Sheet]:
    """All of them, in the order in which they are read."""

    def sheet(name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *notes: str) -> Sheet:
        told = joined(*notes, *_least(conditions), _PERSONAS if by == "group" else None)
        texts, keys = _TEXTS.intersection(columns), tuple(key for key in _KEYS if key in columns)
        fine = frozenset({"p", "least_p"} if "p" in columns else {"change", OVER} if "change" in columns else ())
        optional = tuple(each for each in _OPTIONAL if each in columns)
        return Sheet(name, columns, [*rows], told, texts, optional, keys, fine)

    yield sheet(HEAT, _HEAT, (row for each in conditions for row in _heat(each)), INTERVALS)
    means = (row for each in conditions for row in _means(each, following=False))
    yield sheet(MEANS, (*_GROUP, "mean", OVER), means, NOTE, "over agents: the mean of their means", _GIVEN)
    yield sheet(GAPS, _GAPS, (row for each in conditions for row in _gaps(each)), *_how(conditions))
    yield sheet(PAIRS, _PAIRS, (row for each in conditions for row in _differences(each)), NOTE)
    followed = (row for each in conditions for row in _means(each, following=True))
    yield sheet(FOLLOWED, (*_GROUP, "change", OVER), followed, *_alike(conditions), NOTE.replace("ratings", "reasons"))


def _heat(found: Condition) -> Iterator[Sequence[Cell]]:
    for each in found.heat:
        yield [found.name, each.text, each.rater, each.author, each.mean, each.n, each.missing]


def _means(found: Condition, *, following: bool) -> Iterator[Sequence[Cell]]:
    """A row for each group in each measure, or in the one of following feedback."""
    for compared in found.compared:
        if (compared.measure == FOLLOWING) is following:
            for group, each in zip(found.groups, compared.means, strict=True):
                counts = (each.agents, each.mean.count, each.missing)
                yield [found.name, compared.measure, group, *counts, each.mean, each.over_agents]


def _gaps(found: Condition) -> Iterator[Sequence[Cell]]:
    """A row for each measure; nothing but its name where no two groups have a value."""
    for compared in found.compared:
        ends, test = compared.ends(), compared.test
        if ends is None or test is None:
            yield [found.name, compared.measure, *[None] * 7]
        else:
            names = [found.groups[end] for end in ends]
            yield [found.name, compared.measure, *names, *test]


def _differences(found: Condition) -> Iterator[Sequence[Cell]]:
    for compared in found.compared:
        for one, other, difference in compared.differences:
            yield [found.name, compared.measure, found.groups[one], found.groups[other], difference]


def _how(conditions: Sequence[Condition]) -> Iterator[str]:
    """What p is."""
    yield "p: how often the largest gap is as large when agents, with all their ratings, change groups within their run"
    if any(not test.exact for each in conditions for test in each.all_tests()):
        yield "not exact: (1 + hits) / (1 + relabellings drawn)"
    yield "no p is corrected for how many there are"


def _least(conditions: Sequence[Condition]) -> Iterator[str]:
    """Where no gap, however large, could be told from chance."""
    for each in conditions:
        if each.least_p is not None and each.least_p > CHANCE:
            yield f"p cannot fall below {each.least_p:.2g} in {each.name}: its agents are too few"


def _alike(conditions: Sequence[Condition]) -> Iterator[str]:
    """What the similarity is, and of how much."""
    yield _ALIKE
    for each in conditions:
        if each.texts_read < each.interactions:
            yield f"of {each.texts_read:,} of {each.interactions:,} interactions of {each.name}"
