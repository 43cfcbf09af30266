"""What asks cost in calls, tokens and USD: exact where usage is known, an upper bound where it is not.

Apart from the accounts, because budgets reckon in it and know no accounts.
"""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from agents.model import Request, Usage
from sandbox.calls.prices import Prices


class Budgeted(Protocol):
    """Options that say what may be spent."""

    @property
    def budget_calls(self) -> int | None:
        """Most calls."""
        ...

    @property
    def budget_tokens(self) -> int | None:
        """Most tokens."""
        ...

    @property
    def budget_usd(self) -> float | None:
        """Most USD."""
        ...


class Amount(NamedTuple):
    """Calls, tokens and USD. `usd` is 0 for a model whose price is not known: no dollar budget can be set on it."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0

    def plus(self, other: "Amount") -> "Amount":
        """The sum."""
        return Amount(self.calls + other.calls, self.tokens + other.tokens, self.usd + other.usd)

    def minus(self, other: "Amount") -> "Amount":
        """The difference."""
        return Amount(self.calls - other.calls, self.tokens - other.tokens, self.usd - other.usd)

    def times(self, count: int) -> "Amount":
        """So many of it."""
        return Amount(self.calls * count, self.tokens * count, self.usd * count)

    def largest(self, other: "Amount") -> "Amount":
        """The larger of each."""
        return Amount(max(self.calls, other.calls), max(self.tokens, other.tokens), max(self.usd, other.usd))

    def exceeds(self, other: "Amount") -> bool:
        """Whether it is more than `other` in tokens or in USD."""
        return self.tokens > other.tokens or self.usd > other.usd


NOTHING: Final = Amount()
# One whose stage is not known yet takes so many times the average: prompts grow as an interaction goes on.
_UNKNOWN: Final = 2
_NOBODY_HAS: Final = 2**62


def bound(request: Request) -> Usage:
    """The most that one answer to `request` should use: a token for each byte of the prompt, and a whole reply."""
    prompt = sum(len(message.content.encode()) for message in request.messages)
    return Usage(prompt_tokens=prompt, completion_tokens=request.max_tokens)


def worst_case(request: Request, prices: Prices) -> Amount:
    """What an answer to `request` takes that uses all of its `bound`."""
    return used(request.model, bound(request), prices)


def beyond(usage: Usage, most: Usage) -> Usage | None:
    """How much more `usage` is than `most`, prompt and completion each for itself; None if neither is."""
    if usage.prompt_tokens <= most.prompt_tokens and usage.completion_tokens <= most.completion_tokens:
        return None
    return Usage(
        prompt_tokens=max(0, usage.prompt_tokens - most.prompt_tokens),
        completion_tokens=max(0, usage.completion_tokens - most.completion_tokens),
    )


def used(model: str, usage: Usage, prices: Prices) -> Amount:
    """One call of `model` with this `usage`."""
    return Amount(1, usage.prompt_tokens + usage.completion_tokens, prices.cost(model, usage) or 0.0)


class Averages:
    """What asks of each stage took so far, of those whose tokens are known: so much others may take.

    `others` learn the same, of all works that share a budget.
    """

    def __init__(self, others: "Averages | None" = None) -> None:
        self._took: Final[dict[str, Amount]] = {}
        self._others: Final = others

    def add(self, stage: str, amount: Amount) -> None:
        """An ask of `stage` took `amount`."""
        if amount.tokens:
            self._took[stage] = self._took.get(stage, NOTHING).plus(amount)
        if self._others:
            self._others.add(stage, amount)

    @property
    def took(self) -> Mapping[str, Amount]:
        """What asks of each stage took, all together."""
        return self._took

    def expected(self, due: Mapping[str, float]) -> Amount:
        """What `due` asks by stage will take: more tokens and USD than anybody has while nothing is known."""
        if not self._took:
            return Amount(math.ceil(sum(due.values())), _NOBODY_HAS, _NOBODY_HAS)
        known = NOTHING
        for took in self._took.values():
            known = known.plus(took)
        unknown = known.times(_UNKNOWN)._replace(calls=known.calls)
        each = [(count, self._took.get(stage, unknown)) for stage, count in due.items()]
        tokens, usd = (sum(count * took[of] / (took.calls or 1) for count, took in each) for of in (1, 2))
        return Amount(math.ceil(sum(count for count, _ in each)), math.ceil(tokens), usd)

    def guessed(self, due: Mapping[str, float]) -> Amount:
        """The same, from what others' asks took while nothing is known of the own ones."""
        return self.expected(due) if self._took or not self._others else self._others.guessed(due)
