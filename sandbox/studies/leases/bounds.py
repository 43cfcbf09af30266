"""Bounds of replies that are learnt by several workers for one another. Knows amounts, and that there is news."""

from collections.abc import Callable
from typing import Final

from sandbox.calls.bounds import Bounds
from sandbox.calls.spending import Amount


class ToldBounds(Bounds):
    """Bounds that tell what is learnt here, for all who share the budget."""

    def __init__(self, tell: Callable[[str, Amount], object]) -> None:
        super().__init__()
        self._tell: Final = tell

    def learn(self, model: str, beyond: Amount) -> None:
        """A reply of `model` took so much beyond its bound, which may be nothing."""
        before = self.beyond(model) if self.knows(model) else None
        super().learn(model, beyond)
        if self.beyond(model) != before:
            self._tell(model, self.beyond(model))

    def hear(self, model: str, beyond: Amount) -> None:
        """Another learnt so."""
        super().learn(model, beyond)
