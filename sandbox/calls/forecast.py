"""The form of a forecast: exact calls by stage, a range of tokens and cost. Each work makes its own."""

from collections.abc import Mapping
from typing import Final, NamedTuple

# `make demo` on 2 cores: 90 calls of about 360 prompt and 50 completion tokens took 97 seconds.
LOCAL_CORE_SECONDS: Final = 2.2
SHORT_REPLY: Final = 40


class Range(NamedTuple):
    """A low and a high estimate."""

    low: int
    high: int

    def part(self, share: float) -> "Range":
        """A `share`, from 0 to 1, of both."""
        return Range(round(self.low * share), round(self.high * share))


class Forecast(NamedTuple):
    """`calls` by stage, for so many `planned` things, are exact, re-asks apart. `cost_usd` is (low, high).

    Tokens are those of language models, None where none is asked; cost is None where a price is not known.
    `local_seconds` is how long the calls to the embedded model take on this machine, roughly; 0 without any.
    """

    planned: int
    calls: Mapping[str, int]
    prompt_tokens: Range | None
    completion_tokens: Range | None
    cost_usd: tuple[float, float] | None
    local_seconds: float

    @property
    def all_calls(self) -> int:
        """Calls of every stage."""
        return sum(self.calls.values())

    def after(self, done: int) -> "Forecast":
        """What is left of tokens, cost and time once `done` calls are made; the counts stay those of the whole."""
        share = max(0.0, 1 - done / self.all_calls) if self.all_calls else 0.0
        return self._replace(
            prompt_tokens=self.prompt_tokens and self.prompt_tokens.part(share),
            completion_tokens=self.completion_tokens and self.completion_tokens.part(share),
            cost_usd=self.cost_usd and (self.cost_usd[0] * share, self.cost_usd[1] * share),
            local_seconds=self.local_seconds * share,
        )
