"""Whether a work goes so badly that it should be stopped: too much of it failed, or is missing. Knows counts alone."""

from collections import Counter
from typing import Final, NamedTuple

from sandbox.runs.manifest import StoppedBy

JUDGED_FROM: Final = 50


class StopReason(NamedTuple):
    """Why a work is stopped, for the manifest and for people."""

    by: StoppedBy
    text: str


def of_failures(failed: int, done: int, kinds: Counter[str], things: str, most: float) -> StopReason | None:
    """That more than the share `most` of what is done failed, by `kinds` of errors; None for fewer than 50."""
    if done < JUDGED_FROM or failed <= most * done:
        return None
    mostly = f", mostly {kinds.most_common(1)[0][0]}" if kinds else ""
    share = f"{failed} of {done} {things} failed ({failed / done:.1%}{mostly})"
    return StopReason("failures", f"{share}, more than --max-failures {most:g} allows.")


def of_missing(missing: int, ratings: int, most: float) -> StopReason | None:
    """That more than the share `most` of ratings is missing; None for fewer than 50."""
    if ratings < JUDGED_FROM or missing <= most * ratings:
        return None
    share = f"{missing} of {ratings} ratings are missing ({missing / ratings:.1%})"
    return StopReason("missing", f"{share}, more than --max-missing {most:g} allows.")
