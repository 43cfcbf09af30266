"""What tokens cost: the dated table `prices.toml`. A model without a price costs an unknown amount, never 0."""

from collections.abc import Collection, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, Strict, ValidationError

from agents.model import Usage
from sandbox.errors import UsageError
from sandbox.options.config import LOCAL, SCRIPTED
from sandbox.options.toml import parse_toml, read_toml

FREE: Final = frozenset({LOCAL, SCRIPTED})
PerMillion = Annotated[float, Strict(), Ge(0), Le(1e9)]  # true is no price


class Price(NamedTuple):
    """USD per million tokens."""

    prompt: PerMillion
    completion: PerMillion


NO_PRICE: Final = Price(0.0, 0.0)


class PriceTable(BaseModel):
    """A price file: prices by model name, when they were looked up (YYYY-MM-DD), and where."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: str
    source: str = ""
    models: dict[str, Price]


class Prices:
    """Prices by model name; `dated` says of when they are."""

    def __init__(self, models: Mapping[str, Price], dated: str) -> None:
        self._models: Final = models
        self.dated: Final = dated

    @classmethod
    def load(cls, file: str | None) -> "Prices":
        """The table that comes with the package, overridden by that in `file`. Raises `UsageError`."""
        content = (resources.files("sandbox.calls") / "prices.toml").read_bytes()
        bundled = _table(parse_toml(content, "prices.toml"), "prices.toml")
        if file is None:
            return cls(bundled.models, bundled.date)
        own = _table(read_toml(Path(file), f"--prices {file}"), f"--prices {file}")
        return cls({**bundled.models, **own.models}, f"{own.date} in {file}, else {bundled.date}")

    def knows(self, model: str) -> bool:
        """Whether `model` is free or has a price."""
        return self.price(model) is not None

    def price(self, model: str) -> Price | None:
        """What tokens of `model` cost; None where that is not known."""
        return NO_PRICE if model in FREE else self._models.get(model)

    def require(self, models: Collection[str]) -> None:
        """Raises `UsageError` that names the models without a price."""
        if unknown := sorted({model for model in models if not self.knows(model)}):
            raise UsageError(
                f"--budget-usd: there is no price for {', '.join(unknown)}.\n"
                f"Give it with --prices FILE.toml, which holds a date and, under [models],\n"
                f'"{unknown[0]}" = {{ prompt = 0.15, completion = 0.60 }}  # USD per million tokens'
            )

    def cost(self, model: str, usage: Usage | None) -> float | None:
        """USD of one reply; None where price or usage is not known."""
        price = self.price(model)
        if price == NO_PRICE:
            return 0.0
        if price is None or usage is None:
            return None
        return (price.prompt * usage.prompt_tokens + price.completion * usage.completion_tokens) / 1e6


def _table(document: dict[str, Any], name: str) -> PriceTable:
    try:
        return PriceTable.model_validate(document)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise UsageError(f"{name}: {place}: {problem['msg']}.") from None
