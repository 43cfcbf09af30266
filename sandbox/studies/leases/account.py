"""What one worker has of the study's budget, as the desk knows it. Knows amounts and asks, no other worker."""

from typing import Any, Final

from sandbox.calls.budget import Budget, Limits
from sandbox.calls.spending import NOTHING, Amount
from sandbox.studies.leases.asks import Ask
from sandbox.studies.leases.wire import HOLD, Message, wanted

_LEASE: Final = "lease"


class Account:
    """All that was `lent`, came `back` and is `spent` since the worker began, and what it `asks` for by kind.

    `news` are for the worker. What is lent and not spent is set aside in `budget`, that of the study.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget: Final = budget
        self._aside = NOTHING
        self.lent = self.back = self.spent = NOTHING
        self.asks: Final[dict[str, Ask]] = {}
        self.would_be_first: Final[set[str]] = set()
        self._took: Final[dict[str, Amount]] = {}
        self.news: dict[str, Any] = {}
        self._recalled: str | None = None
        self.is_busy = self._is_idle = False
        self._sent = self._expected = self._heard = 0
        budget.reserve(_LEASE, NOTHING)

    def hear(self, part: Message) -> None:
        """What the worker says of its lease."""
        self._heard = part["heard"]
        self.is_busy = part["busy"] or not self._knows
        self._is_idle = part["idle"]
        self.back = Amount(*part["back"])
        self.spend(Amount(*part["spent"]).minus(self.spent))
        for kind, ask in part["asks"].items():
            self.asks.pop(kind, None)
            if ask:
                self.asks[kind] = Ask(ask[0], Amount(*ask[1]), Amount(*ask[2]))
        self.would_be_first.update(part.get("first", ()))
        for stage, took in part.get("took", {}).items():
            self._budget.averages.add(stage, Amount(*took).minus(self._took.get(stage, NOTHING)))
            self._took[stage] = Amount(*took)

    def spend(self, amount: Amount) -> None:
        """So much more is spent, of the lease or beyond it."""
        self.spent = self.spent.plus(amount)
        self._budget.spend(amount)
        self._set_aside(self._lease)

    def lend(self, amount: Amount) -> None:
        """So much more is the worker's to spend."""
        self.lent = self.lent.plus(amount)
        self._recalled = None
        self.news.pop("recall", None)
        self._set_aside(self._lease)

    def close(self) -> None:
        """The worker is gone: what it did not spend is there for others."""
        self._budget.give_back(_LEASE, self._aside)

    def answer(self, kind: str, number: int, *, given: bool) -> None:
        """Tell the worker what its ask of `kind` came to. Who is denied to begin may do so where nobody else can."""
        del self.asks[kind]
        self.is_busy = True  # until it says what it made of that
        self._expected = self._sent + 1
        self.say("answers", {kind: [number, given]})

    def recall(self, kind: str) -> bool:
        """Call back what is not needed, if that was not done; for calls more is called back than for beginnings."""
        if self._recalled in (kind, HOLD):
            return False
        self._recalled = self.news["recall"] = kind
        self._expected = self._sent + 1
        return True

    def has_some(self, limits: Limits) -> bool:
        """Whether something of a lease may still come back, or is about to be asked for."""
        return self.is_under_way or wanted(self._aside, limits) != NOTHING

    @property
    def is_under_way(self) -> bool:
        """Whether something of what was begun goes on: it does not where nothing is in flight and more is wanted."""
        return self.is_busy and not (self._is_idle and self._knows and self.asks)

    def take_news(self) -> dict[str, Any]:
        """What to tell the worker; nothing if it is told all."""
        news, self.news = self.news, {}
        self._sent += bool(news)
        return {"lent": self.lent, "number": self._sent, **news} if news else {}

    def say(self, name: str, what: dict[str, Any]) -> None:
        """Tell the worker so when messages are sent next."""
        self.news.setdefault(name, {}).update(what)

    def _set_aside(self, lease: Amount) -> None:
        """So much of the study's budget is this worker's."""
        before, self._aside = self._aside, lease
        self._budget.reserve(_LEASE, lease)
        self._budget.give_back(_LEASE, before)

    def is_stuck(self, limits: Limits) -> bool:
        """Whether it keeps nothing that will come back by itself: it waits for more, with no call on its way."""
        waits = self._is_idle and self._knows and HOLD in self.asks
        return waits or wanted(self._aside, limits) == NOTHING

    @property
    def _knows(self) -> bool:
        """Whether it said something since it heard what matters."""
        return self._heard >= self._expected

    @property
    def _lease(self) -> Amount:
        return NOTHING.largest(self.lent.minus(self.back).minus(self.spent))
