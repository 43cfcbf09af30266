"""What the calls of a work took so far: the dispatcher fills it, and panel, events and manifest read it."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from agents.limits.retry import Outcome
from agents.model import Reply, Request
from agents.spoken import spoken
from sandbox.calls.budget import Budget, Hold
from sandbox.calls.prices import Prices
from sandbox.calls.share import Share
from sandbox.calls.spending import NOTHING, Amount, beyond, bound, used, worst_case
from sandbox.runs.manifest import MOST_NAMES, MOST_SYSTEMS, AttemptEntry
from sandbox.runs.tokens import NO_OVERRUN, Cached, Overrun, with_reply


@dataclass(slots=True)
class Accounts:
    """`prices` turn tokens into USD, of which `cost_usd` is None if a price is not known.

    Times are seconds of the monotonic clock. `calls` are finished asks by stage; `superseded` are those whose answers a
    retry replaced, which were paid too. `budget` is told all that is spent: replies without usage count as much as they
    can have used; of works that share its parent those of a lower `rank` come first. `lost` are tries of this attempt
    that may have been paid though no answer came. Replies are counted that held thinking, that ended within it, and
    that went on after an end-of-turn mark. By model asked, `served` are the names that replies came under, and
    `overruns` tells of those that took more than the bound of their call.
    """

    prices: Prices
    budget: Budget = field(default_factory=Budget)
    cost_usd: float | None = 0.0
    rank: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    tries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached: Cached | None = None
    calls_without_usage: int = 0
    calls_with_thinking: int = 0
    calls_cut_while_thinking: int = 0
    calls_with_marks: int = 0
    served: dict[str, set[str]] = field(default_factory=dict)
    systems: set[str] = field(default_factory=set)
    overruns: dict[str, Overrun] = field(default_factory=dict)
    superseded: int = 0
    lost: Amount = NOTHING
    earlier_calls: int = 0
    earlier_tries: int = 0
    earlier_seconds: float = 0.0
    first_dispatch: float | None = None
    last_reply: float | None = None
    share: Share = field(init=False)

    def __post_init__(self) -> None:
        self.share = Share(self.budget, self.rank)

    @property
    def all_calls(self) -> int:
        """Finished asks of every stage."""
        return sum(self.calls.values())

    @property
    def paid_calls(self) -> int:
        """Finished asks, those too whose answers were replaced."""
        return self.all_calls + self.superseded

    @property
    def retries(self) -> int:
        """Tries beyond the first of each ask."""
        return self.tries - self.paid_calls

    @property
    def names(self) -> dict[str, Any]:
        """The names that models answered under, as a manifest has them: all, and by the name asked for other ones."""
        others = {model: tuple(sorted(names - {model})) for model, names in sorted(self.served.items())}
        return {
            "reported": tuple(sorted(set().union(*self.served.values()))),
            "served": {model: names for model, names in others.items() if names},
        }

    @property
    def attempt_seconds(self) -> float:
        """From first dispatch to last reply of this attempt."""
        if self.first_dispatch is None or self.last_reply is None:
            return 0.0
        return self.last_reply - self.first_dispatch

    def hold(self, request: Request) -> Hold | None:
        """Set aside what `request` can cost; None if that does not fit into the budget now."""
        return self.share.hold(request.model, self._most(request))

    def may_ever_hold(self, request: Request) -> bool:
        """Whether `request` can still fit into the budget once calls in flight are over."""
        return self.budget.may_ever_hold(request.model, self._most(request))

    def ran_out(self, request: Request) -> None:
        """The work stops, because `request` will never fit into the budget."""
        self.share.ran_out(self._worst(request))

    def _most(self, request: Request) -> Amount:
        return worst_case(request, self.prices) if self.budget.is_limited else NOTHING

    def dispatched(self) -> None:
        """A call leaves."""
        self.first_dispatch = self.first_dispatch or time.monotonic()

    def answered(self, stage: str, request: Request, outcome: Outcome) -> None:
        """An ask is finished."""
        self.last_reply = time.monotonic()
        amount = self._count(stage, request.model, outcome).plus(self._measure(request, outcome.reply))
        self.budget.spend(amount)
        self.budget.averages.add(stage, amount)

    def answered_before(self, stage: str, model: str, outcome: Outcome) -> None:
        """An ask of `model` was finished by an earlier attempt."""
        self.earlier_calls += 1
        self.earlier_tries += outcome.tries
        amount = self._count(stage, model, outcome)
        self.budget.spent_before(amount)
        self.budget.averages.add(stage, amount)

    def repeated(self, stage: str, request: Request, outcome: Outcome) -> None:
        """The journal answered `request`, which is known only now: no account of an earlier attempt has its bound."""
        unsaid = self._measure(request, outcome.reply)
        self.budget.spent_before(unsaid)
        self.budget.averages.add(stage, Amount(calls=1).plus(unsaid))

    def attempted_before(self, attempts: Iterable[AttemptEntry]) -> None:
        """Earlier attempts took so long, and lost so many tries."""
        for earlier in attempts:
            self.earlier_seconds += earlier.wall_seconds
            lost = earlier.lost
            self.budget.spent_before(Amount(lost.calls, lost.tokens, lost.cost_usd or 0.0))

    def dropped(self, outcome: Outcome) -> None:
        """An ask came to nothing that counts, and is made again."""
        self.tries += outcome.tries

    def replaced(self, stage: str) -> None:
        """A finished ask is asked again: what it took stays in the accounts."""
        self.calls[stage] -= 1
        self.superseded += 1

    def lose(self, request: Request) -> None:
        """A try of `request` ended without an answer, and may have been paid."""
        most = self._worst(request)
        self.lost = self.lost.plus(most)
        self.budget.spend(most)

    def _worst(self, request: Request) -> Amount:
        """The most that an answer to `request` takes, as far as is known by now."""
        return worst_case(request, self.prices).plus(self.budget.bounds.beyond(request.model))

    def _measure(self, request: Request, reply: Reply | None) -> Amount:
        """Hold `reply` against the bound of its call; without usage, budgets take it for as large as it can have been.

        A larger one teaches what later calls can take. Returns what it is taken for beside its usage.
        """
        if reply is None:
            return NOTHING
        model, usage, most = request.model, reply.usage, bound(request)
        unsaid = NOTHING if usage else self._worst(request)._replace(calls=0)
        more = usage and beyond(usage, most)
        self.budget.bounds.learn(model, used(model, more, self.prices)._replace(calls=0) if more else NOTHING)
        if usage and more and used(model, usage, self.prices).exceeds(used(model, most, self.prices)):
            self.overruns[model] = self.overruns.get(model, NO_OVERRUN).with_reply(more)
        return unsaid

    def _count(self, stage: str, model: str, outcome: Outcome) -> Amount:
        """Take in a finished ask; what it took, as far as its usage is known."""
        self.calls[stage] += 1
        self.tries += outcome.tries
        if outcome.reply is None:
            return Amount(calls=1)
        self._look_at(model, outcome.reply)
        usage = outcome.reply.usage
        cost = self.prices.cost(model, usage)
        self.cost_usd = None if cost is None or self.cost_usd is None else self.cost_usd + cost
        if usage is None:
            self.calls_without_usage += 1
            return Amount(calls=1)
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        self.cached = with_reply(self.cached, usage)
        return used(model, usage, self.prices)

    def _look_at(self, model: str, reply: Reply) -> None:
        """Count what a reply of `model` held beside its answer, and keep the names that it came under."""
        names = self.served.setdefault(model, set())
        if reply.model and len(names) < MOST_NAMES:
            names.add(reply.model)
        if reply.system and len(self.systems) < MOST_SYSTEMS:
            self.systems.add(reply.system)
        said = spoken(reply)
        self.calls_with_thinking += said.thought
        self.calls_cut_while_thinking += said.cut_thinking
        self.calls_with_marks += said.marked
