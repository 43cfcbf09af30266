"""What may still be spent, with the worst case of every call in flight set aside.

Knows amounts and limits. A call leaves only if its worst case still fits. A reply that takes more than that raises the
worst case of its model at once, for calls in flight too, so that only such calls can exceed a budget.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple, Self

from sandbox.calls.bounds import Bounds
from sandbox.calls.spending import NOTHING, Amount, Averages, Budgeted
from sandbox.calls.turns import Turns


class Limits(NamedTuple):
    """The most that may be spent; None for any amount."""

    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None

    @classmethod
    def of(cls, options: Budgeted) -> Self:
        """Those that `options` set."""
        return cls(options.budget_calls, options.budget_tokens, options.budget_usd)

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
    many calls that are. `bounds` and `averages` are what was learnt of replies; works that share a parent learn for one
    another. `expectations` are those of the works that share this one now, and `holding` and `beginning` their turns
    where it runs short: `is_short` once one of them stopped for that. Where nothing `is_limited`, nothing is set aside.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        parent: "Budget | None" = None,
        bounds: Bounds | None = None,
        averages: Averages | None = None,
    ) -> None:
        self.spent = NOTHING
        self.limits: Final = limits or Limits()
        self.parent: Final = parent
        self.bounds: Final[Bounds] = bounds or (parent.bounds if parent else Bounds())
        self.averages: Final[Averages] = averages or Averages(parent.averages if parent else None)
        self.expectations: Final[list[Callable[[], Amount]]] = []
        self.holding: Final = Turns()
        self.beginning: Final = Turns()
        self.is_short = False
        self._in_flight: Final[Counter[str]] = Counter()
        self._set_aside = NOTHING
        own = any(limit is not None for limit in self.limits)
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
    def expected(self) -> Amount:
        """What all that was begun by those who share this will still take, calls in flight included."""
        amount = NOTHING
        for expects in self.expectations:
            amount = amount.plus(expects())
        return amount

    @property
    def is_kept(self) -> bool:
        """Whether everything in flight can still be answered within the budget."""
        return self.fits(NOTHING)

    def spend(self, amount: Amount) -> None:
        """So much was paid, or may have been."""
        self.spent = self.spent.plus(amount)
        if self.parent:
            self.parent.spend(amount)

    def spent_before(self, amount: Amount) -> None:
        """So much was paid by an earlier attempt: a parent is told by its owner, who knows of all that was before."""
        self.spent = self.spent.plus(amount)

    def hold(self, model: str, amount: Amount) -> Hold | None:
        """Set aside `amount`, the bound of a call of `model`; None if its worst case does not fit now."""
        fits = self.may_join(model) and self.fits(self.worst(model, amount))
        return Hold(self, model, amount) if fits else None

    def may_ever_hold(self, model: str, amount: Amount) -> bool:
        """Whether that can still fit once calls in flight are over, of this work or of those beside it."""
        worst = self.worst(model, amount)
        return self.fits(worst) or (self._is_in_use() and self.fits_alone(worst))

    def fits(self, more: Amount) -> bool:
        """Whether `more` fits beside what is spent and the worst case of what is in flight."""
        if not self.is_limited:
            return True
        own = self.limits.allow(self.spent.plus(self.reserved).plus(more))
        return own and (self.parent is None or self.parent.fits(more))

    def fits_alone(self, more: Amount) -> bool:
        """Whether `more`, in which calls in flight may be, fits beside what is spent."""
        own = self.limits.allow(self.spent.plus(more))
        return own and (self.parent is None or self.parent.fits_alone(more))

    def fits_begun(self, more: Amount) -> bool:
        """Whether `more` fits beside what is spent and what all that was begun will take."""
        own = self.limits.allow(self.spent.plus(self.expected).plus(more))
        return own and (self.parent is None or self.parent.fits_begun(more))

    def may_join(self, model: str) -> bool:
        """Whether a call of `model` may be made beside others: the first goes alone, and shows what replies take."""
        if self.limits.depend_on_replies and self._in_flight[model] and not self.bounds.knows(model):
            return False
        return self.parent is None or self.parent.may_join(model)

    def worst(self, model: str, amount: Amount) -> Amount:
        """The worst case of a call of `model` whose bound is `amount`."""
        return amount.plus(self.bounds.beyond(model))

    def reserve(self, model: str, amount: Amount) -> None:
        """Set `amount` aside for a call of `model`."""
        if not self.is_limited:
            return
        self._in_flight[model] += 1
        self._set_aside = self._set_aside.plus(amount)
        if self.parent:
            self.parent.reserve(model, amount)

    def give_back(self, model: str, amount: Amount) -> None:
        """A call of `model` is over for which `amount` was set aside: others may be waiting for that."""
        if not self.is_limited:
            return
        self._in_flight[model] -= 1
        # Sums of fractions leave a rest that is none.
        self._set_aside = self._set_aside.minus(amount) if self.holds else NOTHING
        if self.parent:
            self.parent.give_back(model, amount)
        self.holding.tell()
        self.beginning.tell()

    def goes_on_beside(self, holds: int, expects: Amount) -> bool:
        """Whether works beside the one that `holds` and `expects` so much have something under way."""
        return self.holds > holds or self.expected.calls > expects.calls

    def _is_in_use(self) -> bool:
        return self.holds > 0 or (self.parent is not None and self.parent._is_in_use())
