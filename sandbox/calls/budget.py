"""The budget of a run: what may still be spent, with the worst case of every call in flight set aside.

Knows amounts and limits. Replies never exceed a budget, because a call leaves only if its worst case still fits.
"""

from typing import Final

from agents.model import Request
from sandbox.calls.spending import NOTHING, Amount, worst_case
from sandbox.calls.tally import Tally
from sandbox.options.config import Config

_UNLIMITED: Final = float("inf")


class Hold:
    """What is set aside for one call in flight, until `release`."""

    def __init__(self, budget: "Budget", request: Request, amount: Amount) -> None:
        self._budget: Final = budget
        self._request: Final = request
        self._amount: Final = amount
        budget.reserved = budget.reserved.plus(amount)

    def lose(self) -> None:
        """A try of the call may have been paid though no answer came."""
        tally = self._budget.tally
        tally.lose(worst_case(self._request, tally.prices))

    def release(self) -> None:
        """The call is over, and what it took is in the accounts."""
        self._budget.reserved = self._budget.reserved.minus(self._amount)


class Budget:
    """The limits of `config` on what `tally` counts."""

    def __init__(self, config: Config, tally: Tally) -> None:
        self.tally: Final = tally
        self.reserved = NOTHING
        self._calls: Final = config.budget_calls or _UNLIMITED
        self._tokens: Final = config.budget_tokens or _UNLIMITED
        self._usd: Final = config.budget_usd or _UNLIMITED
        self._limited: Final = min(self._calls, self._tokens, self._usd) < _UNLIMITED

    def hold(self, request: Request) -> Hold | None:
        """Set aside what `request` can cost; None if that does not fit any more."""
        amount = worst_case(request, self.tally.prices) if self._limited else NOTHING
        return Hold(self, request, amount) if self._fits(amount) else None

    @property
    def is_kept(self) -> bool:
        """Whether everything in flight can still be answered within the budget."""
        return self._fits(NOTHING)

    def _fits(self, more: Amount) -> bool:
        if not self._limited:
            return True
        tally = self.tally
        whole = tally.spent.plus(tally.lost).plus(tally.lost_before).plus(self.reserved).plus(more)
        return whole.calls <= self._calls and whole.tokens <= self._tokens and whole.usd <= self._usd
