"""Counts what a run did so far: one object that the dispatcher fills and that panel, events and manifest read."""

import time
from collections import Counter
from dataclasses import dataclass, field

from agents.limits.retry import Outcome
from agents.model import Request
from agents.protocol import Stage
from sandbox.calls.prices import Prices
from sandbox.calls.spending import NOTHING, Amount, used, worst_case
from sandbox.runs.manifest import Totals
from sandbox.runs.records import Interaction
from sandbox.simulation.round_sums import Sum


@dataclass(slots=True)
class Tally:
    """`planned` interactions; `prices` turn tokens into USD, of which `cost_usd` is None if a price is not known.

    Times are seconds of the monotonic clock.

    `calls` are finished asks by stage; `superseded` are those whose answers a retry replaced, which were paid too.
    `spent` is what budgets go by: replies without usage count as much as they can have used. `lost` are tries of this
    attempt that may have been paid though no answer came, `lost_before` those of earlier ones.
    """

    planned: int
    prices: Prices
    cost_usd: float | None = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    tries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    calls_without_usage: int = 0
    complete: int = 0
    failed: int = 0
    missing: int = 0
    before: Sum = field(default_factory=Sum)
    after: Sum = field(default_factory=Sum)
    reported: set[str] = field(default_factory=set)
    ratings: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    superseded: int = 0
    spent: Amount = NOTHING
    lost: Amount = NOTHING
    lost_before: Amount = NOTHING
    earlier_calls: int = 0
    earlier_tries: int = 0
    earlier_seconds: float = 0.0
    first_dispatch: float | None = None
    last_reply: float | None = None

    @property
    def all_calls(self) -> int:
        """Finished asks of every stage."""
        return sum(self.calls.values())

    @property
    def retries(self) -> int:
        """Tries beyond the first of each ask."""
        return self.tries - self.all_calls - self.superseded

    @property
    def attempt_seconds(self) -> float:
        """From first dispatch to last reply of this attempt."""
        if self.first_dispatch is None or self.last_reply is None:
            return 0.0
        return self.last_reply - self.first_dispatch

    def dispatched(self) -> None:
        """A call leaves."""
        if self.first_dispatch is None:
            self.first_dispatch = time.monotonic()

    def answered(self, stage: Stage, request: Request, outcome: Outcome) -> None:
        """An ask is finished."""
        self.last_reply = time.monotonic()
        self._count(stage, request.model, outcome)
        self.answered_unmetered(request, outcome)

    def answered_before(self, stage: Stage, model: str, outcome: Outcome) -> None:
        """An ask of `model` was finished by an earlier attempt."""
        self.earlier_calls += 1
        self.earlier_tries += outcome.tries
        self._count(stage, model, outcome)

    def answered_unmetered(self, request: Request, outcome: Outcome) -> None:
        """If the reply to `request` came without usage, budgets take it for as large as it can have been."""
        if outcome.reply and outcome.reply.usage is None:
            self.spent = self.spent.plus(worst_case(request, self.prices)._replace(calls=0))

    def dropped(self, outcome: Outcome) -> None:
        """An ask came to nothing that counts, and is made again."""
        self.tries += outcome.tries

    def replaced(self, stage: Stage) -> None:
        """A finished ask is asked again: what it took stays in the accounts."""
        self.calls[stage] -= 1
        self.superseded += 1

    def _count(self, stage: Stage, model: str, outcome: Outcome) -> None:
        self.calls[stage] += 1
        self.tries += outcome.tries
        self.spent = self.spent.plus(Amount(calls=1))
        if outcome.reply is None:
            return
        if outcome.reply.model:
            self.reported.add(outcome.reply.model)
        cost, usage = self.prices.cost(model, outcome.reply.usage), outcome.reply.usage
        self.cost_usd = None if cost is None or self.cost_usd is None else self.cost_usd + cost
        if usage is None:
            self.calls_without_usage += 1
            return
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        self.spent = self.spent.plus(used(model, usage, self.prices)._replace(calls=0))

    def lose(self, amount: Amount) -> None:
        """A try ended without an answer, and `amount` may have been paid for it."""
        self.lost = self.lost.plus(amount)

    def released(self, interaction: Interaction) -> None:
        """An interaction is finished, whole or failed."""
        self.complete += interaction.failed is None
        self.failed += interaction.failed is not None
        if interaction.failed:
            self.failures[interaction.failed.error] += 1
        self.ratings += len(interaction.judgements())
        self.missing += interaction.missing_ratings
        self.before.add(interaction.rating("draft", "alignment"))
        self.after.add(interaction.rating("revision", "alignment"))

    def totals(self) -> Totals:
        """The accounts as the manifest keeps them."""
        return Totals(
            planned=self.planned,
            complete=self.complete,
            failed=self.failed,
            calls=self.all_calls + self.superseded,
            tries=self.tries,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            calls_without_usage=self.calls_without_usage,
            cost_usd=self.cost_usd,
            missing_ratings=self.missing,
            wall_seconds=round(self.earlier_seconds + self.attempt_seconds, 3),
        )
