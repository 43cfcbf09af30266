"""Says what a model without a price may cost, for the user to agree to. Prices nothing by itself."""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from sandbox.calls.prices import Listed, Prices
from sandbox.errors import UsageError

FREE_TAG: Final = ":free"
MOST_OFFERS: Final = 3


def require(prices: Prices, models: Iterable[str]) -> None:
    """Raises `UsageError` that names the models without a price, and what to write into a file of prices."""
    unknown = sorted({model for model in models if not prices.knows(model)})
    if not unknown:
        return
    # An alias is dated as what it stands for.
    aliases = all(_alike(prices, model) for model in unknown)
    lines = ", ".join(f"{json.dumps(model, ensure_ascii=False)} = {_line(prices, model)}" for model in unknown)
    dated = "" if aliases else 'date = "YYYY-MM-DD" and, in USD per million tokens, '
    asked = "".join(f"{offer} " for offer in offers(prices, unknown))
    raise UsageError(
        f"--budget-usd: there is no price for {', '.join(unknown)}.\n"
        f"{asked}Say {'so' if asked else 'what it costs'} with --prices FILE.toml, which holds\n"
        f"{dated}models = {{ {lines} }}"
    )


def offers(prices: Prices, models: Iterable[str]) -> Iterator[str]:
    """A question for each of `models` that has no price and may cost what another does."""
    for model in models:
        if prices.knows(model):
            continue
        if found := _alike(prices, model):
            yield f"Does {model} cost the same as {' or '.join(map(_shown, found))}?"
        elif model.endswith(FREE_TAG):
            yield f"Does {model} cost nothing, as its name says?"


def _alike(prices: Prices, model: str) -> list[Listed]:
    return [] if model.endswith(FREE_TAG) else prices.alike(model)[:MOST_OFFERS]


def _shown(listed: Listed) -> str:
    return f"{listed.name} ({listed.price} USD per million tokens)"


def _line(prices: Prices, model: str) -> str:
    """What may stand behind the name of `model` in a file of prices."""
    if found := _alike(prices, model):
        return json.dumps(found[0].name)
    if model.endswith(FREE_TAG):
        return "{ prompt = 0, completion = 0 }"
    return "{ prompt = 0.15, completion = 0.60 }"
