"""What replies took beyond the bound of their call, learnt by model: nothing holds an endpoint to `max_tokens`.

Knows amounts, no requests and no limits. Works that share a budget share what was learnt.
"""

from typing import Final

from sandbox.calls.spending import NOTHING, Amount


class Bounds:
    """By model, the most that one of its replies took beyond what its call was expected to take at most."""

    def __init__(self) -> None:
        self._beyond: Final[dict[str, Amount]] = {}

    def learn(self, model: str, beyond: Amount) -> None:
        """A reply of `model` took so much beyond its bound, which may be nothing."""
        self._beyond[model] = self.beyond(model).largest(beyond)

    def beyond(self, model: str) -> Amount:
        """What to expect of a call of `model` beyond its bound."""
        return self._beyond.get(model, NOTHING)

    def exceeds(self, model: str) -> bool:
        """Whether a reply of `model` took more than its bound."""
        return self.beyond(model).exceeds(NOTHING)

    def knows(self, model: str) -> bool:
        """Whether `model` has answered before."""
        return model in self._beyond
