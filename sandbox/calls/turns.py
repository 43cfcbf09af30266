"""Whose turn it is where several works share something that runs short: that of the first by rank.

Knows ranks and who waits; not what is shared.
"""

import asyncio
from bisect import insort
from operator import attrgetter
from typing import Final


class Turns:
    """Those who share a thing, by rank; of equal rank, in the order in which they came."""

    def __init__(self) -> None:
        self.all: Final[list[Turn]] = []

    def tell(self, first: int = 0) -> None:
        """There may be some of it: wake those that lack it, from place `first` on, up to the first that waits."""
        for turn in self.all[first:]:
            if turn.lacks:
                turn.wake()
                if turn.waits:
                    return


class Turn:
    """The place of one work among `turns`; it has none before `join` and after `leave`.

    A work that finds too little `lacks` it. If it `waits` too, those after it take nothing until it has passed on what
    it does not need; nor do they while one before them is awake and has not looked yet.
    """

    def __init__(self, turns: Turns, rank: int = 0) -> None:
        self.rank: Final = rank
        self.lacks = self.waits = False
        self._turns: Final = turns
        self._woken: asyncio.Event | None = None

    def join(self, woken: asyncio.Event) -> None:
        """`woken` wakes the work, and is set until it looks."""
        self._woken = woken
        insort(self._turns.all, self, key=attrgetter("rank"))

    def leave(self) -> None:
        """The work takes nothing any more."""
        if self._woken:
            self._woken = None
            place = self._turns.all.index(self)
            del self._turns.all[place]
            self._turns.tell(place)

    def wake(self) -> None:
        """Have the work look."""
        if self._woken:
            self._woken.set()

    def found(self, *, lacks: bool, waits: bool) -> None:
        """What the work found when it looked."""
        self.lacks, self.waits = lacks, waits

    def is_next(self) -> bool:
        """Whether nobody before this one waits or is about to look; otherwise the work lacks it."""
        for other in self._turns.all:
            if other is self:
                break
            if other.waits or other._is_awake:
                self.lacks = True
                return False
        return True

    def pass_on(self) -> None:
        """The work has taken what it can: others may look, unless it waits."""
        if not self.waits and self._woken:
            self._turns.tell(self._turns.all.index(self) + 1)

    @property
    def _is_awake(self) -> bool:
        return self._woken is not None and self._woken.is_set()
