"""What may still be spent, with the worst case of every call in flight set aside.

Knows amounts and limits. A call leaves only if its worst case still fits. A reply that takes more than that raises the
worst case of its model at once, for calls in flight too, so that only such calls can exceed a budget.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

from sandbox.calls.bounds import Bounds
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

    @property
    def depend_on_replies(self) -> bool:
        """Whether how long replies are makes a difference."""
        return self.tokens is not None or self.usd is not None


class Hold:
    """What is set aside for one call of `model` in flight, until `release`."""

    def __init__(self, budget: "Budget", model: str, amount: Amount) -> None:
        self._budget: Final = budget
        self._model: Final = model
        self._amount: Final = amount
        budget.reserve(model, amount)

    def release(self) -> None:
        """The call is over, and what it took is spent."""
        self._budget.give_back(self._model, self._amount)


class Budget:
    """`limits` on what is spent; what is spent here is spent of `parent` too, the budget of several works.

    `spent` is all that was paid or may have been paid, `reserved` the worst case of what is in flight, and `holds` how
    many calls that are. `bounds` are what was learnt of replies, by whatever work. Where nothing `is_limited`, nothing
    is set aside.
    """

    def __init__(self, limits: Limits | None = None, parent: "Budget | None" = None) -> None:
        self.spent = NOTHING
        self.bounds: Final[Bounds] = parent.bounds if parent else Bounds()
        self._in_flight: Final[Counter[str]] = Counter()
        self._set_aside = NOTHING
        self._limits: Final = limits or Limits()
        self._parent: Final = parent
        self._listeners: Final[list[Callable[[], object]]] = []
        own = any(limit is not None for limit in self._limits)
        self.is_limited: Final[bool] = own or bool(parent and parent.is_limited)

    @property
    def holds(self) -> int:
        """How many calls are in flight."""
        return self._in_flight.total()

    @property
    def reserved(self) -> Amount:
        """The worst case of all of them, as far as is known by now."""
        amount = self._set_aside
        for model, count in self._in_flight.items():
            amount = amount.plus(self.bounds.beyond(model).times(count))
        return amount

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

    def hold(self, model: str, amount: Amount) -> Hold | None:
        """Set aside `amount`, the bound of a call of `model`; None if its worst case does not fit now."""
        fits = self._may_join(model) and self._fits(self._worst(model, amount))
        return Hold(self, model, amount) if fits else None

    def may_ever_hold(self, model: str, amount: Amount) -> bool:
        """Whether that can still fit once calls in flight are over, of this work or of those beside it."""
        worst = self._worst(model, amount)
        return self._fits(worst) or (self._is_in_use() and self.fits_alone(worst))

    def fits_alone(self, more: Amount) -> bool:
        """Whether `more`, in which calls in flight may be, fits beside what is spent."""
        own = self._limits.allow(self.spent.plus(more))
        return own and (self._parent is None or self._parent.fits_alone(more))

    def reserve(self, model: str, amount: Amount) -> None:
        """Set `amount` aside for a call of `model`."""
        if not self.is_limited:
            return
        self._in_flight[model] += 1
        self._set_aside = self._set_aside.plus(amount)
        if self._parent:
            self._parent.reserve(model, amount)

    def give_back(self, model: str, amount: Amount) -> None:
        """A call of `model` is over for which `amount` was set aside: others may be waiting for that."""
        if not self.is_limited:
            return
        self._in_flight[model] -= 1
        # Sums of fractions leave a rest that is none.
        self._set_aside = self._set_aside.minus(amount) if self.holds else NOTHING
        if self._parent:
            self._parent.give_back(model, amount)
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

    def _worst(self, model: str, amount: Amount) -> Amount:
        return amount.plus(self.bounds.beyond(model))

    def _may_join(self, model: str) -> bool:
        """Whether a call of `model` may be made beside others: the first goes alone, and shows what replies take."""
        if self._limits.depend_on_replies and self._in_flight[model] and not self.bounds.knows(model):
            return False
        return self._parent is None or self._parent._may_join(model)

    def _fits(self, more: Amount) -> bool:
        if not self.is_limited:
            return True
        own = self._limits.allow(self.spent.plus(self.reserved).plus(more))
        return own and (self._parent is None or self._parent._fits(more))

    def _is_in_use(self) -> bool:
        return self.holds > 0 or (self._parent is not None and self._parent._is_in_use())
