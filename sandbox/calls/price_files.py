"""Reads tables of prices: the one that comes with the package, by vendor, and the user's own. Reckons nothing."""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, TypeVar

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, Strict, TypeAdapter, ValidationError, model_validator

from sandbox.errors import UsageError, of_validation
from sandbox.options.toml import parse_toml, read_toml

T = TypeVar("T")
PerMillion = Annotated[float, Strict(), Ge(0), Le(1e9)]


class Price(NamedTuple):
    """USD per million tokens; `cached` is for those of a prompt that were not read again, None where it is no other."""

    prompt: PerMillion
    completion: PerMillion
    cached: PerMillion | None = None

    def __str__(self) -> str:
        """For people, without what is taken off for `cached`: `0.15 and 0.60`."""
        return " and ".join(f"{usd:.2f}" if round(usd, 2) == usd else f"{usd:g}" for usd in self[:2])


class PriceTable(BaseModel):
    """Prices by model name, when they were looked up (YYYY-MM-DD), and where; `same` names a model that costs as much.

    In a file both stand under `models`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: str
    source: str = ""
    models: dict[str, Price]
    same: dict[str, str] = {}

    @model_validator(mode="before")
    @classmethod
    def _sorted(cls, document: Any) -> Any:
        """Names apart from prices; where there are names alone, nothing has a date."""
        models = document.get("models") if isinstance(document, dict) else None
        if not isinstance(models, dict):
            return document
        same = {model: other for model, other in models.items() if isinstance(other, str)}
        prices = {model: price for model, price in models.items() if model not in same}
        dated = {} if prices else {"date": ""}
        if isinstance(on := document.get("date"), dt.date):  # TOML has dates of its own, which need no quotes
            document = document | {"date": on.isoformat()[:10]}
        return dated | document | {"models": prices, "same": same}


_FORM: Final = "Wanted is a date, and prices in USD of a million tokens: gpt-4o = { prompt = 2.5, completion = 10 }"
_VENDORS: Final = TypeAdapter(dict[str, PriceTable])
_OWN: Final = TypeAdapter(PriceTable)


@cache
def bundled() -> Mapping[str, PriceTable]:
    """The tables that come with the package, by vendor; read once for all runs of a process."""
    content = (resources.files("sandbox.calls") / "prices.toml").read_bytes()
    return _valid(_VENDORS, parse_toml(content, "prices.toml"), "prices.toml")


def own(file: str) -> PriceTable:
    """The table in `file`. Raises `UsageError`."""
    shown = f"--prices {file}"
    table = _valid(_OWN, read_toml(Path(file), shown), shown)
    for name, price in table.models.items():
        if price.cached is not None and price.cached > price.prompt:
            raise UsageError(
                f"{shown}: models.{ascii(name)[1:-1]}.cached is above its prompt: budgets go by that.\n{_FORM}"
            )
    return table


def _valid(kind: TypeAdapter[T], document: dict[str, Any], name: str) -> T:
    try:
        return kind.validate_python(document)
    except ValidationError as error:
        raise UsageError(f"{name}: {of_validation(error)}.\n{_FORM}") from None
