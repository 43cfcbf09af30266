"""What may still be spent, with the worst case of every call in flight set aside.

Knows amounts and limits. Replies never exceed a budget, because a call leaves only if its worst case still fits.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from sandbox.calls.spending import NOTHING, Amount


class Limits(NamedTuple):
    """The most that may be spent; None for any amount."""

    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None

    def allow(self, amount: Amount) -> bool:
        """Whether `amount` is within them."""
        pairs = zip(amount, self, strict=True)
        return all(limit is None or spent <= limit for spent, limit in pairs)


class Hold:
    """What is set aside for one call in flight, until `release`."""

    def __init__(self, budget: "Budget", amount: Amount) -> None:
        self._budget: Final = budget
        self._amount: Final = amount
        budget.reserve(amount)

    def release(self) -> None:
        """The call is over, and what it took is spent."""
        self._budget.give_back(self._amount)


class Budget:
    """`limits` on what is spent; what is spent here is spent of `parent` too, the budget of several works.

    `spent` is all that was paid or may have been paid, `reserved` the worst case of what is in flight, and `holds` how
    many calls that are. Where nothing `is_limited`, nothing is set aside.
    """

    def __init__(self, limits: Limits | None = None, parent: "Budget | None" = None) -> None:
        self.spent = self.reserved = NOTHING
        self.holds = 0
        self._limits: Final = limits or Limits()
        self._parent: Final = parent
        self._listeners: Final[list[Callable[[], object]]] = []
        own = any(limit is not None for limit in self._limits)
        self.is_limited: Final[bool] = own or bool(parent and parent.is_limited)

    @property
    def is_kept(self) -> bool:
        """Whether everything in flight can still be answered within the budget."""
        return self._fits(NOTHING)

    def spend(self, amount: Amount) -> None:
        """So much was paid, or may have been."""
        self.spent = self.spent.plus(amount)
        if self._parent:
            self._parent.spend(amount)

    def spent_before(self, amount: Amount) -> None:
        """So much was paid by an earlier attempt: a parent is told by its owner, who knows of all that was before."""
        self.spent = self.spent.plus(amount)

    def hold(self, amount: Amount) -> Hold | None:
        """Set `amount` aside; None if that does not fit now."""
        return Hold(self, amount) if self._fits(amount) else None

    def may_ever_hold(self, amount: Amount) -> bool:
        """Whether `amount` can still fit once calls in flight are over, of this work or of those beside it."""
        return self._fits(amount) or (self._is_in_use() and self._fits_alone(amount))

    def reserve(self, amount: Amount) -> None:
        """Set `amount` aside for a call."""
        if not self.is_limited:
            return
        self.holds += 1
        self.reserved = self.reserved.plus(amount)
        if self._parent:
            self._parent.reserve(amount)

    def give_back(self, amount: Amount) -> None:
        """A call is over for which `amount` was set aside: others may be waiting for that."""
        if not self.is_limited:
            return
        self.holds -= 1
        # Sums of fractions leave a rest that is none.
        self.reserved = self.reserved.minus(amount) if self.holds else NOTHING
        if self._parent:
            self._parent.give_back(amount)
        for tell in self._listeners:
            tell()

    def listen(self, tell: Callable[[], object]) -> None:
        """Have `tell` called whenever a call of a work that shares a parent is over."""
        if self._parent:
            self._parent._listeners.append(tell)
            self._parent.listen(tell)

    def unlisten(self, tell: Callable[[], object]) -> None:
        """End what `listen` began."""
        if self._parent:
            self._parent._listeners.remove(tell)
            self._parent.unlisten(tell)

    def _fits(self, more: Amount) -> bool:
        if not self.is_limited:
            return True
        own = self._limits.allow(self.spent.plus(self.reserved).plus(more))
        return own and (self._parent is None or self._parent._fits(more))

    def _fits_alone(self, more: Amount) -> bool:
        """Whether `more` fits beside what is spent."""
        own = self._limits.allow(self.spent.plus(more))
        return own and (self._parent is None or self._parent._fits_alone(more))

    def _is_in_use(self) -> bool:
        return self.holds > 0 or (self._parent is not None and self._parent._is_in_use())
