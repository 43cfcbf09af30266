"""What a manifest adds up of the tokens of replies: those beyond the bounds of calls, and those that were cached.

*Cached* are prompt tokens that an endpoint had read before and did not read again. A reply that says nothing of them is
not counted among those that do: nothing said is no 0. Knows no price.
"""

from typing import Final, Self

from pydantic import model_validator

from agents.model import Usage
from sandbox.runs.asks import Count, Record


class Overrun(Record):
    """Replies of a model that took more than the bound of their call, and the most that one took beyond it.

    The bound: a prompt token for each byte of the prompt, and as many completion tokens as were allowed.
    """

    calls: Count
    prompt_tokens: Count
    completion_tokens: Count

    def with_reply(self, beyond: Usage) -> Self:
        """One reply more, which took so much `beyond` its bound."""
        return type(self)(
            calls=self.calls + 1,
            prompt_tokens=max(self.prompt_tokens, beyond.prompt_tokens),
            completion_tokens=max(self.completion_tokens, beyond.completion_tokens),
        )


NO_OVERRUN: Final = Overrun(calls=0, prompt_tokens=0, completion_tokens=0)


class Cached(Record):
    """So many `calls` said how much of their prompt was cached: so many of their `prompt_tokens`."""

    calls: Count
    prompt_tokens: Count
    cached_tokens: Count

    @model_validator(mode="after")
    def _part_of_the_prompts(self) -> Self:
        if self.cached_tokens > self.prompt_tokens:
            raise ValueError("there are more cached tokens than the prompts have")
        return self


def with_reply(before: Cached | None, usage: Usage) -> Cached | None:
    """`before` and one reply of this `usage`; None where nobody has said anything yet."""
    return before if usage.cached_tokens is None else together(before, _of(usage, usage.cached_tokens))


def together(one: Cached | None, other: Cached | None) -> Cached | None:
    """The sum; None where neither says anything."""
    if one is None or other is None:
        return one or other
    return Cached(
        calls=one.calls + other.calls,
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
    )


def share_cached(cached: Cached | None, calls: int) -> str:
    """`, 57 % of prompt tokens not read again`, of the prompts of those of all `calls` that say so; else nothing."""
    if cached is None or not cached.prompt_tokens:
        return ""
    of = "prompt tokens" if cached.calls >= calls else f"the prompt tokens of {cached.calls:,} calls"
    return f", {100 * cached.cached_tokens / cached.prompt_tokens:.0f} % of {of} not read again"


def _of(usage: Usage, cached: int) -> Cached:
    return Cached(calls=1, prompt_tokens=usage.prompt_tokens, cached_tokens=cached)
