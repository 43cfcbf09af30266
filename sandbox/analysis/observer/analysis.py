"""How far the observer's ratings can be relied on: `analyse` compares it with itself, with others, with neighbours.

Knows pools and tables; no terminal. That an observer agrees says nothing of whether it is right.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from sandbox.analysis.findings import Findings
from sandbox.analysis.observer.raters import NEIGHBOURS, raters_of
from sandbox.analysis.observer.sheets import Compared, against_sheet, agreement_sheet, compared, ratings_sheet
from sandbox.analysis.pools import Pool
from sandbox.sheet import shown
from sandbox.text import counted, some

if TYPE_CHECKING:
    from sandbox.runs.rating.reading import Rating

# Krippendorff, Content Analysis, 2004, p. 241: rely on what reaches the first, conclude tentatively from the second.
RELIABLE: Final = 0.8
TENTATIVE: Final = 0.667


def analyse(pools: Sequence[Pool], *, ratings: "Sequence[Rating]") -> Findings:
    """How ratings lie, and how far raters agree, by text and dimension; `ratings` are taken with the runs they rate.

    Raises `SandboxError` that names the line of a log or of scores that cannot be read.
    """
    all_raters = [raters_of(pool, ratings) for pool in pools]
    found = [each for raters in all_raters for each in compared(raters)]
    sheets = [agreement_sheet(found), against_sheet(all_raters), ratings_sheet(all_raters)]
    alone = [raters.condition for raters in all_raters if not raters.others]
    stale = [f"Left out: {said}" for raters in all_raters for said in raters.stale]
    return Findings("observer", sheets, [*_said(found), *_not_known(alone, len(pools)), *stale])


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
