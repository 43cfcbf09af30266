"""What tokens cost. A model without a price costs an unknown amount, never 0; no name is priced as another unasked."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from agents.endpoints.adapters import is_embedded
from agents.model import Usage
from agents.model_names import is_version_of
from sandbox.calls.price_files import Price, PriceTable, bundled, own
from sandbox.errors import UsageError
from sandbox.options.config import SCRIPTED
from sandbox.text import nearest

NO_PRICE: Final = Price(0.0, 0.0)


class Listed(NamedTuple):
    """A price, where and when it was read, and the name in the table that it stands under."""

    name: str
    price: Price
    source: str
    date: str


class Prices:
    """Prices by model name; `dated` says of when they are."""

    def __init__(self, models: Mapping[str, Listed], dated: str) -> None:
        self._models: Final = models
        self.dated: Final = dated

    @classmethod
    def load(cls, file: str | None) -> "Prices":
        """The table that comes with the package, overridden by that in `file`. Raises `UsageError`."""
        vendors = bundled().values()
        dated = max(table.date for table in vendors)
        models = {name: each for table in vendors for name, each in _listed(table, table.source).items()}
        if file is None:
            return cls(models, dated)
        table = own(file)
        models |= _listed(table, table.source or file)
        models |= {name: _named(other, models, file) for name, other in table.same.items()}
        return cls(models, f"{table.date} in {file}, else {dated}" if table.date else dated)

    def knows(self, model: str) -> bool:
        """Whether `model` is free or has a price."""
        return self.price(model) is not None

    def price(self, model: str) -> Price | None:
        """What tokens of `model` cost; None where that is not known."""
        if model == SCRIPTED or is_embedded(model):
            return NO_PRICE
        listed = self._models.get(model)
        return listed.price if listed else None

    def listed(self, model: str) -> Listed | None:
        """The price of `model`, and where it is from; None where that is not known, and for what is free."""
        return self._models.get(model)

    def likely(self, model: str) -> Listed | None:
        """The price of `model`, else the only one that its name can mean: to compare with, not to reckon with."""
        found = self.alike(model)
        return self._models.get(model) or (found[0] if len(found) == 1 else None)

    def alike(self, model: str) -> list[Listed]:
        """The prices that a dated or prefixed name may mean, those first whose own path it has."""
        found = {each.name: each for each in self._models.values() if is_version_of(model, each.name)}
        asked = f"/{model.lower()}"
        return sorted(found.values(), key=lambda each: not asked.endswith(f"/{each.name.lower()}"))

    def cost(self, model: str, usage: Usage | None) -> float | None:
        """USD of one reply; None where price or usage is not known."""
        price = self.price(model)
        if price is None:
            return None
        if not any(price):
            return 0.0
        if usage is None:
            return None
        less = 0.0 if price.cached is None else (price.prompt - price.cached) * (usage.cached_tokens or 0)
        return (price.prompt * usage.prompt_tokens - less + price.completion * usage.completion_tokens) / 1e6


def _listed(table: PriceTable, source: str) -> dict[str, Listed]:
    return {name: Listed(name, price, source, table.date) for name, price in table.models.items()}


def _named(name: str, models: Mapping[str, Listed], file: str) -> Listed:
    """The price of the model that a file names in place of one."""
    if name not in models:
        raise UsageError(f"--prices {file}: there is no price for {name}.{nearest(name, models)}")
    return models[name]
