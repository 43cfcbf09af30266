"""The budget of a worker: a lease on that of the study, which stands above the budget of its run.

Knows what was lent, what is spent of it, and when more is needed; the desk decides what there is.
"""

from collections.abc import Callable
from typing import Any, Final

from sandbox.calls.budget import Budget, Limits
from sandbox.calls.spending import NOTHING, Amount
from sandbox.studies.leases.asks import Asks
from sandbox.studies.leases.averages import ToldAverages
from sandbox.studies.leases.bounds import ToldBounds
from sandbox.studies.leases.wire import BEGIN, HOLD, Message, wanted

# Nobody asks for more at once than so many calls like the one that needs it can cost.
CALLS_AT_ONCE: Final = 256


class LeasedBudget(Budget):
    """What a run takes as the parent of its budget, under the `limits` of the study.

    Nothing leaves that the lease does not cover, and no interaction is begun that it does not cover as far as can be
    expected. Where it is short, more is asked for: works are woken once there is some, or none is left anywhere.
    `tell` hears that there is something to say to the desk. `lacks_room` is whether calls wait for tickets.
    """

    def __init__(self, limits: Limits, tell: Callable[[], object]) -> None:
        self._news: dict[str, Any] = {}
        self._told: Final = ToldBounds(lambda model, beyond: self._say("learnt", model, beyond))
        self._took: Final = ToldAverages(lambda stage, amount: self._say("took", stage, amount))
        super().__init__(limits, bounds=self._told, averages=self._took)
        self._tell: Final = tell
        self._lent = self._back = self._others = NOTHING
        self._asks: Final[dict[str, Asks]] = {kind: Asks() for kind in (HOLD, BEGIN)}
        self._first: Final[dict[str, bool]] = {}
        self._recall: str | None = None
        self._heard = 0
        self._told_busy = False
        self._is_unused = self.lacks_room = False

    @property
    def is_refused(self) -> bool:
        """Whether the lease does not cover what is in flight, and there is nothing more."""
        return not self.covers() and self._asks[HOLD].open is None

    def covers(self) -> bool:
        """Whether the lease covers all that is in flight; else more is asked for."""
        short = self._is_short_of(self.reserved)
        if short != NOTHING:
            self._seek(HOLD, short, NOTHING)
        return short == NOTHING

    def fits(self, more: Amount) -> bool:
        """Whether `more` fits into the lease; of `NOTHING` whether what is in flight does, or may."""
        short = self._is_short_of(self.reserved.plus(more))
        return short == NOTHING or (self._seek(HOLD, short, more) and more == NOTHING)

    def fits_begun(self, more: Amount) -> bool:
        """Whether `more` fits into the lease beside all that was begun here."""
        short = self._is_short_of(self.expected.plus(more))
        if short != NOTHING:
            self._seek(BEGIN, short, NOTHING)
        return short == NOTHING

    def fits_alone(self, more: Amount) -> bool:
        """Whether `more`, in which calls in flight may be, fits beside what is spent by all."""
        return self.limits.allow(self._others.plus(self.spent).plus(more))

    def may_join(self, model: str) -> bool:
        """Whether a call of `model` may be made beside others: the first goes alone, and the desk says whose it is."""
        if not super().may_join(model):
            return False
        if self.bounds.knows(model) or not self.limits.depend_on_replies or self._first.get(model):
            return True
        if model not in self._first:
            self._first[model] = False
            self._say("first", model, True)
        return False

    def goes_on_beside(self, _holds: int, _expects: Amount) -> bool:
        """Whether runs in other workers have something under way, which may leave money.

        Whoever makes the first call of a model need not ask before it begins: others wait for that call.
        """
        self._tell_if_busy()
        firsts = [is_own for model, is_own in self._first.items() if not self.bounds.knows(model)]
        if self._asks[HOLD].open or not all(firsts):
            return True
        return self._asks[BEGIN].open is not None and not firsts

    def reserve(self, model: str, amount: Amount) -> None:
        """Set `amount` aside for a call of `model`."""
        super().reserve(model, amount)
        self._is_unused = False
        self._tell_if_busy()

    def give_back(self, model: str, amount: Amount) -> None:
        """A call of `model` is over for which `amount` was set aside: what is missing now is less."""
        for asks in self._asks.values():
            asks.hope()
        super().give_back(model, amount)
        if self._recall:
            self._tell()

    def receive(self, part: Message) -> None:
        """The desk lends, or has nothing more, or needs what is free here; and what others spent and learnt."""
        for model, beyond in part.get("learnt", {}).items():
            self._told.hear(model, Amount(*beyond))
        self._took.hear({stage: Amount(*took) for stage, took in part.get("took", {}).items()})
        self._first.update(part.get("first", {}))
        self.is_short = self.is_short or part["short"]
        self._others = Amount(*part["others"])
        if Amount(*part["lent"]) != self._lent:
            self._lent, self._recall = Amount(*part["lent"]), None
        self._heard = part["number"]
        for kind, (number, given) in part.get("answers", {}).items():
            self._asks[kind].answer(number, given=given)
            self._is_unused = self._is_unused or given
            self._say("changed", "heard", True)
        if "recall" in part:
            self._recall = part["recall"]
            self._say("changed", "heard", True)
        self.holding.tell()
        self.beginning.tell()

    def take_message(self, *, always: bool) -> dict[str, Any] | None:
        """What to tell the desk; None where there is nothing that it should hear at once, unless `always` is so."""
        self._return()
        if not (self._news or always):
            return None
        news, self._news = self._news, {}
        asks = {kind: asks.take() for kind, asks in self._asks.items() if asks.has_news}
        self._told_busy = self._is_busy
        state = {"short": self.is_short, "busy": self._told_busy, "heard": self._heard}
        return {"spent": self.spent, "back": self._back, "asks": asks, **state, **news}

    def _return(self) -> None:
        """Give back what nothing here needs, if the desk wants it: for calls more than for beginnings.

        Only when messages are sent, so that what has just been lent can be used first, also where room is missing.
        """
        if not self._recall or (self._is_unused and self.lacks_room):
            return
        needed = self.reserved if self._recall == HOLD else self.reserved.largest(self.expected)
        free = wanted(self._lent.minus(self._back).minus(self.spent).minus(needed), self.limits)
        if free != NOTHING:
            self._back = self._back.plus(free)
            self._say("changed", "back", True)
            for asks in self._asks.values():
                asks.renew(free)

    def _say(self, name: str, of: str, what: object) -> None:
        self._news.setdefault(name, {})[of] = what
        self._tell()

    @property
    def _is_busy(self) -> bool:
        """Whether something is under way here."""
        return self.holds > 0 or self.expected.calls > 0

    def _tell_if_busy(self) -> None:
        """Others may begin what they cannot afford once nothing is under way anywhere."""
        if self._is_busy != self._told_busy:
            self._say("changed", "busy", True)

    def _is_short_of(self, needed: Amount) -> Amount:
        """How much is missing to cover `needed` beside what is spent."""
        return wanted(self.spent.plus(needed).minus(self._lent.minus(self._back)), self.limits)

    def _seek(self, kind: str, need: Amount, more: Amount) -> bool:
        """Ask for `need`. False if there is no hope."""
        wish = wanted(more.times(CALLS_AT_ONCE), self.limits).largest(need)
        hope, is_new = self._asks[kind].seek(need, wish, self._lent.minus(self._back))
        if is_new:
            self._say("changed", "asks", True)
        return hope

    def _is_in_use(self) -> bool:
        return self.holds > 0 or self._asks[HOLD].open is not None
