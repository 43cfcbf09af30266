"""Whose turn it is where several works share something that runs short: that of the first by rank.

Knows ranks and who waits; not what is shared.
"""

import asyncio
from bisect import insort
from operator import attrgetter
from typing import Final


class Turns:
    """Those who share a thing, by rank."""

    def __init__(self) -> None:
        self.all: Final[list[Turn]] = []

    def tell(self) -> None:
        """There is some of it again: wake all, the first one first."""
        for turn in self.all:
            turn.wake()


class Turn:
    """The place of one work among `turns`; it has none before `join` and after `leave`.

    A work that finds too little sets `waits`. Whoever comes later takes nothing then, nor while one that comes earlier
    is awake and has not looked yet, and is woken once that has passed on what it does not need.
    """

    def __init__(self, turns: Turns, rank: int = 0) -> None:
        self.rank: Final = rank
        self.waits = False
        self._turns: Final = turns
        self._refused = False
        self._woken: asyncio.Event | None = None

    def join(self, woken: asyncio.Event) -> None:
        """`woken` wakes the work, and is set until it looks."""
        self._woken = woken
        insort(self._turns.all, self, key=attrgetter("rank"))

    def leave(self) -> None:
        """The work takes nothing any more."""
        self.waits = False
        if self._woken:
            self._woken = None
            self.pass_on()
            self._turns.all.remove(self)

    def wake(self) -> None:
        """Have the work look."""
        if self._woken:
            self._woken.set()

    def is_next(self) -> bool:
        """Whether nobody of a lower rank waits or is about to look."""
        for other in self._turns.all:
            if other.rank >= self.rank:
                break
            if other.waits or other._is_awake:
                self._refused = True
                return False
        return True

    def pass_on(self) -> None:
        """The work has taken what it can: those after it that found it first may look again, unless it waits."""
        if self.waits:
            return
        for other in self._turns.all:
            if other._refused and other.rank > self.rank:
                other._refused = False
                other.wake()

    @property
    def _is_awake(self) -> bool:
        return self._woken is not None and self._woken.is_set()
