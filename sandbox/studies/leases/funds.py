"""The desk's side of the budget: what is lent to which cell, and what comes back. Knows amounts, no limiters.

Leases are set aside in the study's budget as calls in flight are, so all of them together keep it.
"""

from collections.abc import Callable
from typing import Any, Final

from sandbox.calls.budget import Budget
from sandbox.calls.spending import NOTHING, Amount
from sandbox.studies.leases.account import Account
from sandbox.studies.leases.asks import Ask
from sandbox.studies.leases.wire import BEGIN, HOLD, Message, wanted

# At most this part of what is left goes into one lease, unless less would be of no use.
SHARE: Final = 10


class Funds:
    """Lends of `budget`. Calls come before beginnings, and of each the first cell first.

    Who needs more than is left waits until others have given back what they do not need, and is denied it when nobody
    has anything more. `tell` hears that there is something to say to workers.
    """

    def __init__(self, budget: Budget, tell: Callable[[], object]) -> None:
        self._budget: Final = budget
        self._tell: Final = tell
        self._accounts: Final[dict[int, Account]] = {}
        self._first: Final[dict[str, int]] = {}
        self._learnt: Final[dict[str, Amount]] = {}

    def join(self, cell: int) -> None:
        """A worker begins with `cell`."""
        self._accounts[cell] = account = Account(self._budget)
        account.say("learnt", dict(self._learnt))
        account.say("took", dict(self._budget.averages.took))
        self._tell()

    def receive(self, cell: int, part: Message) -> None:
        """What the worker of `cell` says."""
        account, known = self._accounts[cell], {*self._budget.averages.took}
        account.hear(part)
        took = self._budget.averages.took
        self._tell_others(cell, "took", {stage: took[stage] for stage in took.keys() - known})
        self._budget.is_short = self._budget.is_short or part["short"]
        for model, beyond in part.get("learnt", {}).items():
            self._learn(cell, model, Amount(*beyond))
        self._serve()

    def leave(self, cell: int, spent: Amount | None) -> None:
        """The worker of `cell` is gone and `spent` so much, None for what it said: the rest is there for others."""
        account = self._accounts.pop(cell)
        if spent is not None:
            account.spend(NOTHING.largest(spent.minus(account.spent)))
        account.close()
        for model in [model for model, first in self._first.items() if first == cell]:
            del self._first[model]
        self._serve()

    def take_message(self, cell: int) -> dict[str, Any] | None:
        """What to tell the worker of `cell`."""
        account = self._accounts[cell]
        news = account.take_news()
        others = self._budget.spent.minus(account.spent)
        return {"others": others, "short": self._budget.is_short, **news} if news else None

    def _learn(self, cell: int, model: str, beyond: Amount) -> None:
        """The worker of `cell` learnt what replies of `model` take: all others hear it."""
        self._budget.bounds.learn(model, beyond)
        self._learnt[model] = self._budget.bounds.beyond(model)
        self._tell_others(cell, "learnt", {model: self._learnt[model]})

    def _tell_others(self, cell: int, name: str, what: dict[str, Any]) -> None:
        """All workers but that of `cell` hear it."""
        for other, account in self._accounts.items():
            if what and other != cell:
                account.say(name, what)
                self._tell()

    def _serve(self) -> None:
        """Answer who can be answered now."""
        for cell in sorted(self._accounts):
            self._let_begin(cell)
        if not self._serve_calls():
            return
        for cell in sorted(self._accounts):
            ask = self._accounts[cell].asks.get(BEGIN)
            if ask and not self._answer(cell, BEGIN, ask):
                return

    def _serve_calls(self) -> bool:
        """Whether nobody waits to make calls: those in flight get past who waits, as their ends leave something.

        Where all wait for one another, the last one gives way.
        """
        waiting: list[int] = []
        for cell in sorted(self._accounts):
            ask = self._accounts[cell].asks.get(HOLD)
            if ask and (ask.is_pressing or not waiting) and not self._answer(cell, HOLD, ask):
                waiting.append(cell)
        if waiting and all(account.is_stuck(self._budget.limits) for account in self._accounts.values()):
            last = self._accounts[waiting[-1]]
            last.answer(HOLD, last.asks[HOLD].number, given=False)
            self._tell()
        return not waiting

    def _let_begin(self, cell: int) -> None:
        """Let the first call of a model be one of this cell, if it would be and no other one's is."""
        account = self._accounts[cell]
        for model in account.would_be_first - self._first.keys():
            if not self._budget.bounds.knows(model):
                self._first[model] = cell
                account.say("first", {model: True})
                self._tell()

    def _answer(self, cell: int, kind: str, ask: Ask) -> bool:
        """Give `cell` what it needs, or tell it that nobody has it; False while others may give back some."""
        left = self._left()
        given = left == left.largest(ask.need)
        if given:
            part = Amount(left.calls // SHARE, left.tokens // SHARE, left.usd / SHARE)
            self._accounts[cell].lend(ask.need.largest(_smaller(ask.wish, part)))
        elif self._others_have_some(cell, kind, ask.need):
            return False
        self._accounts[cell].answer(kind, ask.number, given=given)
        self._tell()
        return given or kind == HOLD

    def _left(self) -> Amount:
        """What is neither spent nor lent, of what is limited."""
        used = self._budget.spent.plus(self._budget.reserved)
        limits = Amount(*(limit or 0 for limit in self._budget.limits))  # type: ignore[arg-type]
        return wanted(limits.minus(used), self._budget.limits)

    def _others_have_some(self, cell: int, kind: str, need: Amount) -> bool:
        """Whether a lease of another may still leave something; what they do not need is called back if it helps.

        Where it does not, calls are denied at once, and who would begin waits until nothing goes on anywhere.
        """
        others = [account for other, account in self._accounts.items() if other != cell]
        if not self._budget.limits.allow(self._budget.spent.plus(need)):
            return kind == BEGIN and any(account.is_under_way for account in others)
        holders = [account for account in others if account.has_some(self._budget.limits)]
        for account in holders:
            if account.recall(kind):
                self._tell()
        return bool(holders)


def _smaller(one: Amount, other: Amount) -> Amount:
    return Amount(min(one.calls, other.calls), min(one.tokens, other.tokens), min(one.usd, other.usd))
