"""What a work may take of a budget that others share, so that all of them see through what they begin.

Knows amounts and ranks. What each has begun is set aside against what others would begin; where that leaves too little,
the first by rank goes first, and nobody waits for ever: once nothing goes on anywhere, the first goes.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from sandbox.calls.budget import Budget, Hold
from sandbox.calls.spending import NOTHING, Amount
from sandbox.calls.turns import Turn, Turns


class Share:
    """The part of `budget`, that of one work, in its parent, of which works of a lower `rank` come first."""

    def __init__(self, budget: Budget, rank: int = 0) -> None:
        self._budget: Final = budget
        self._parent: Final = budget.parent
        self._due: Callable[[], Mapping[str, float]] = dict
        self._to_hold: Final = Turn(self._parent.holding if self._parent else Turns(), rank)
        self._to_begin: Final = Turn(self._parent.beginning if self._parent else Turns(), rank)

    def join(self, woken: asyncio.Event, due: Callable[[], Mapping[str, float]]) -> None:
        """Take part; `woken` is set whenever there may be more, and `due` are the asks that what is begun will take."""
        self._due = due
        if self._parent:
            self._parent.expectations.append(self._expects)
        self._to_hold.join(woken)
        self._to_begin.join(woken)

    def leave(self) -> None:
        """Take nothing any more, nor see through what was begun."""
        self._to_hold.leave()
        self._to_begin.leave()
        if self._parent:
            self._parent.expectations.remove(self._expects)
            self._parent.beginning.tell()

    def look(self) -> None:
        """The work finds out anew what it lacks."""
        for turn in (self._to_hold, self._to_begin):
            turn.found(lacks=False, waits=False)

    def pass_on(self) -> None:
        """The work has taken what it can by now."""
        self._to_hold.pass_on()
        self._to_begin.pass_on()

    def hold(self, model: str, amount: Amount) -> Hold | None:
        """Set aside `amount`, the bound of a call of `model`, unless its worst case does not fit now.

        Nor is it set aside while an earlier work waits for the end of calls, so that its own may fit.
        """
        if not self._to_hold.is_next():
            return None
        hold = self._budget.hold(model, amount)
        if hold is None and self._parent:
            knows = self._budget.may_join(model)
            short = knows and not self._parent.fits(self._budget.worst(model, amount))
            self._to_hold.found(lacks=short or not knows, waits=short)
        return hold

    def affords(self, due: Mapping[str, float]) -> bool:
        """Whether there is enough for so many asks, all that this work would have begun then, beside what others have.

        By what asks took so far, those in flight included.
        """
        if not self._budget.is_limited:
            return True
        more = self._budget.averages.expected(due)
        return self._budget.limits.allow(self._budget.spent.plus(more)) and self._is_left(more)

    def may_begin(self, due: Mapping[str, float]) -> bool:
        """Whether the work, of which nothing is under way, may begin what it cannot afford, of so many asks.

        It may if others leave enough; else the first one may when nothing goes on anywhere and nobody ran short before.
        """
        if self._parent is None or not self._budget.is_limited or self._is_left(self._budget.averages.guessed(due)):
            return True
        return self.is_last and not self._parent.is_short

    @property
    def is_last(self) -> bool:
        """Whether nothing of works beside this one is under way, or about to be, that may leave money."""
        if self._parent is None:
            return True
        beside = self._parent.goes_on_beside(self._budget.holds, self._expects())
        return not beside and self._to_hold.is_next() and self._to_begin.is_next()

    def ran_out(self, lacking: Amount) -> None:
        """The work stops because there will never be enough for `lacking`: if the parent has it not, nor for others."""
        if self._parent and self._budget.limits.allow(self._budget.spent.plus(lacking)):
            self._parent.is_short = True

    def _expects(self) -> Amount:
        """What all that the work has begun will still take."""
        due = self._due()
        return self._budget.averages.guessed(due) if any(due.values()) else NOTHING

    def _is_left(self, more: Amount) -> bool:
        """Whether the parent has it; where it has not, nobody of a higher rank begins anything."""
        if self._parent is None:
            return True
        if not self._to_begin.is_next():
            return False
        enough = self._parent.fits_begun(more.minus(self._expects()))
        if not enough:
            self._to_begin.found(lacks=True, waits=True)
        return enough
