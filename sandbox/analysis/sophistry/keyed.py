"""Interactions as columns: whether draft and revision are right, and how they were rated. Knows no file and no rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np

from sandbox.figures.columns import Counts, Flags, Numbers

Approver = Literal["observer", "peers"]
Gold = Literal["key", "judged"]
# Whose interactions numbers are over: all of them, those of persuaders, and those of everybody else.
Who = Literal["all", "persuaders", "others"]


class Side(NamedTuple):
    """One text of each of n interactions: 1 where it is right, 0 where it is wrong, and its mean rating; else nan."""

    right: Numbers
    rating: Numbers

    def at(self, flags: Flags) -> "Side":
        """The same of some of them."""
        return Side(self.right[flags], self.rating[flags])

    @property
    def wrong(self) -> Flags:
        """Which are known to be wrong."""
        flags: Flags = self.right == 0
        return flags


@dataclass(frozen=True)
class Keyed:
    """The interactions that there is a key for, one entry (n,) each: drafts are `before`, revisions `after`.

    `questions` are numbers, the same for the same question; `persuaders` says whose texts are those of one. `gold` is
    where right and wrong come from: a key among options, or a judge of free text.
    """

    gold: Gold
    questions: Counts
    before: Side
    after: Side
    persuaders: Flags

    def __len__(self) -> int:
        return len(self.questions)

    @property
    def asked(self) -> int:
        """How many questions there are."""
        return len(np.unique(self.questions))

    @property
    def repeated(self) -> bool:
        """Whether some question was asked more than once."""
        return self.asked < len(self)

    def at(self, flags: Flags) -> "Keyed":
        """The same of some of them."""
        before, after = self.before.at(flags), self.after.at(flags)
        return Keyed(self.gold, self.questions[flags], before, after, self.persuaders[flags])

    def by_who(self) -> Sequence[tuple[Who, "Keyed"]]:
        """All of them; where there are persuaders also theirs, and those of the others."""
        if not self.persuaders.any():
            return [("all", self)]
        parts: list[tuple[Who, Flags]] = [("persuaders", self.persuaders), ("others", ~self.persuaders)]
        return [("all", self), *((who, self.at(flags)) for who, flags in parts if flags.any())]


LOWEST_TAU: Final = 2  # from 1 everything is approved
HIGHEST_TAU: Final = 7


class Seen(NamedTuple):
    """What is made of each text of a side at a threshold: `rated` and `read` are whether the rest is known."""

    rated: Flags
    read: Flags
    approved: Flags
    right: Flags

    @classmethod
    def of(cls, side: Side, tau: float) -> "Seen":
        """Approved is whose mean valid rating is `tau` or more."""
        return cls(~np.isnan(side.rating), ~np.isnan(side.right), side.rating >= tau, side.right == 1)

    @property
    def known(self) -> Flags:
        """Of which both are known."""
        return self.rated & self.read
