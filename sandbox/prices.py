"""What tokens cost: the dated table `prices.toml`. A model without a price costs an unknown amount, never 0."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Final, NamedTuple

from agents.model import Usage
from sandbox.config import LOCAL, SCRIPTED

FREE: Final = frozenset({LOCAL, SCRIPTED})


class Price(NamedTuple):
    """USD per million tokens."""

    prompt: float
    completion: float


class Prices:
    """Prices by model name, as of `date`."""

    def __init__(self, models: Mapping[str, Price], date: str) -> None:
        self._models: Final = models
        self.date: Final = date

    @classmethod
    def bundled(cls) -> "Prices":
        """The table that comes with the package."""
        table = tomllib.loads((resources.files("sandbox") / "prices.toml").read_text(encoding="utf-8"))
        return cls({name: Price(**price) for name, price in table["models"].items()}, table["date"])

    def knows(self, model: str) -> bool:
        """Whether `model` is free or has a price."""
        return model in FREE or model in self._models

    def cost(self, model: str, usage: Usage | None) -> float | None:
        """USD of one reply; None where price or usage is not known."""
        if model in FREE:
            return 0.0
        price = self._models.get(model)
        if price is None or usage is None:
            return None
        return (price.prompt * usage.prompt_tokens + price.completion * usage.completion_tokens) / 1e6
