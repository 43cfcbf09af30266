"""How far groups lie apart. Knows means of groups, not what they are of."""

from collections.abc import Iterable, Sequence

from sandbox.scores.number import Number


def gap(means: Iterable[float | None]) -> float | None:
    """The largest mean less the smallest; None with fewer than two."""
    known = [each for each in means if each is not None]
    return max(known) - min(known) if len(known) > 1 else None


def largest_gap(groups: Sequence[Number]) -> Iterable[Number]:
    """The gap between means of groups, where there are groups; it is over those that have a mean."""
    known = [each.value for each in groups if each.value is not None]
    for first in groups[:1]:
        yield Number(
            suite=first.suite,
            measure=f"largest gap in {first.measure}",
            by=first.by,
            value=gap(known),
            n=len(known),
            scored=len(known),
            better="low",
            note="no interval: the largest of many differences is above 0 by chance alone",
        )
