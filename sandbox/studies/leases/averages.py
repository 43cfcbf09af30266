"""What asks took, which several workers learn for one another. Knows amounts, and that there is news."""

from collections.abc import Callable, Mapping
from typing import Final

from sandbox.calls.spending import Amount, Averages


class ToldAverages(Averages):
    """Averages that `tell` what asks of a stage took here, all together; what others' took counts until then."""

    def __init__(self, tell: Callable[[str, Amount], object]) -> None:
        self._heard: Final = Averages()
        super().__init__(self._heard)
        self._tell: Final = tell

    def add(self, stage: str, amount: Amount) -> None:
        """An ask of `stage` took `amount`."""
        super().add(stage, amount)
        if amount.tokens:
            self._tell(stage, self.took[stage])

    def hear(self, took: Mapping[str, Amount]) -> None:
        """Asks of others took so much."""
        for stage, amount in took.items():
            self._heard.add(stage, amount)
