"""Feedback as the agent who is judged reads it: in which order, and with which average. Knows no author."""

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple, Protocol


class Judged(Protocol):
    """A rating and its reason, as far as they were read: a `Judgement`, or the record of one."""

    @property
    def rating(self) -> int | None:
        """1..7, or None."""
        ...

    @property
    def reason(self) -> str | None:
        """Why, or None."""
        ...

    @property
    def raw(self) -> str | None:
        """The text that both were read from."""
        ...


class Opinion(NamedTuple):
    """One neighbour's feedback as the central agent reads it."""

    rating: int | None
    text: str


def average_rating(feedback: Sequence[Judged]) -> str | None:
    """Mean of the valid ratings to one decimal, None where there is none."""
    ratings = [item.rating for item in feedback if item.rating is not None]
    return f"{fmean(ratings):.1f}" if ratings else None


def harshest_last(feedback: Sequence[Judged]) -> list[Opinion]:
    """Missing ratings first, then highest to lowest: `docs/format.md#feedback-in-the-revision-prompt`."""
    ranked = sorted(feedback, key=lambda item: (item.rating is not None, -(item.rating or 0)))
    return [Opinion(item.rating, item.reason or item.raw or "(no explanation)") for item in ranked]
