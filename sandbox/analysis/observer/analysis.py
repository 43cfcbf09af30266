"""How far the observer's ratings can be relied on: `analyse` compares it with itself, with others, with neighbours.

Knows pools and tables; no terminal. That an observer agrees says nothing of whether it is right.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from agents.protocol import TEXTS
from sandbox.analysis.findings import Findings
from sandbox.analysis.observer.agreement import FEWEST
from sandbox.analysis.observer.raters import NEIGHBOURS, Raters, raters_of
from sandbox.analysis.observer.sheets import (
    Compared,
    against_sheet,
    agreement_sheet,
    compared,
    people_sheet,
    ratings_sheet,
)
from sandbox.analysis.pools import Pool
from sandbox.sheet import shown
from sandbox.text import counted, some

if TYPE_CHECKING:
    from sandbox.runs.annotation.reading import Annotation
    from sandbox.runs.rating.reading import Rating

# Krippendorff, Content Analysis, 2004, p. 241: rely on what reaches the first, conclude tentatively from the second.
RELIABLE: Final = 0.8
TENTATIVE: Final = 0.667


def analyse(
    pools: Sequence[Pool], *, ratings: "Sequence[Rating]", annotations: "Sequence[Annotation]" = ()
) -> Findings:
    """How ratings lie, and how far raters agree, by text and dimension.

    `ratings`, and `annotations` by people, are taken with the runs they are of. Raises `SandboxError` that names the
    line of a log, of scores or of judgements that cannot be read.
    """
    all_raters = [raters_of(pool, ratings, annotations) for pool in pools]
    found = [each for raters in all_raters for each in compared(raters)]
    against = (against_sheet(all_raters), people_sheet(all_raters))
    sheets = [agreement_sheet(found), *against, ratings_sheet(all_raters)]
    alone = [raters.condition for raters in all_raters if not (raters.others or raters.people)]
    stale = [f"Left out: {said}" for raters in all_raters for said in raters.stale]
    people = [_of_people(raters) for raters in all_raters if raters.people]
    return Findings("observer", sheets, [*_said(found), *people, *_not_known(alone, len(pools)), *stale])


def _said(found: Sequence[Compared]) -> list[str]:
    """Of each two raters where they agree least."""
    pairs = [each for each in found if each.between != NEIGHBOURS]
    by_pair = groupby(pairs, key=lambda each: (each.condition, each.between))
    return [f"{condition}: {between} {_least(list(own))}." for (condition, between), own in by_pair]


def _least(pairs: Sequence[Compared]) -> str:
    known = [each for each in pairs if each.found.interval.mean is not None]
    if not known:
        same = any(each.found.units for each in pairs)
        return "give all texts one rating: of agreement nothing can be said" if same else "rated no text in common"
    least = min(known, key=_surely)
    of, texts = f"{least.dimension} of {least.text}s", counted(least.found.units, "text")
    worth = least.found.doubt or _worth(_surely(least))
    return f"agree least on {of}, alpha {shown(least.found.interval)} over {texts}: {worth}"


def _of_people(raters: Raters) -> str:
    """Of how many texts agreement with people is known: mostly of few."""
    names = some([each.name for each in raters.people])
    rated = Counter(
        (text, place)
        for each in raters.people
        for text in TEXTS
        for place in {place for asked, said in each.said.items() if asked.text == text for place in said.places}
    )
    several = sum(people > 1 for people in rated.values())
    by = f", {several} of them by two or more" if len(raters.people) > 1 else ""
    most = max((len(said.places) for each in raters.people for said in each.said.values()), default=0)
    worth = "Numbers are of these alone: go by their intervals" if most >= FEWEST else "Too few of a kind for intervals"
    return f"{raters.condition}: {names} rated {counted(len(rated), 'text')}{by}. {worth}."


def _surely(pair: Compared) -> float:
    """What its alpha is at least."""
    alpha = pair.found.interval
    return next((value for value in (alpha.low, alpha.mean) if value is not None), 0.0)


def _worth(alpha: float) -> str:
    if alpha >= RELIABLE:
        return "reliable"
    return "enough for tentative conclusions" if alpha >= TENTATIVE else "too little to conclude from single ratings"


def _not_known(alone: Sequence[str], of: int) -> list[str]:
    """What is not known of conditions that have no second rating, and what to run."""
    if not alone:
        return []
    whose = f"the observer of {some(alone)}" if len(alone) < of else "the observer"
    again = "Ask it again with --again, or another one with sandbox rate"
    return [f"Whether {whose} would say the same again is not known. {again}."]
