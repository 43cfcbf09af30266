"""Says what a model without a price may cost, for the user to agree to. Prices nothing by itself."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sandbox.calls.prices import Listed, Prices
from sandbox.errors import UsageError

FREE_TAG: Final = ":free"
MOST_OFFERS: Final = 3


def priced(file: str | None, required: Iterable[str]) -> Prices:
    """The prices of `file` and the bundled ones. Raises `UsageError` where one of the models `required` has none."""
    prices = Prices.load(file)
    if unknown := sorted({model for model in required if not prices.knows(model)}):
        raise UsageError(_refusal(prices, unknown))
    return prices


def hint(prices: Prices, models: Iterable[str]) -> str | None:
    """For a run without a dollar budget: what may be said of models without a price that look like one with a price."""
    unknown = [model for model in dict.fromkeys(models) if not prices.knows(model) and _alike(prices, model)]
    if not unknown:
        return None
    asked = " ".join(_offers(prices, unknown))
    return f"Cost is unknown. {asked} Say so with --prices FILE.toml, which holds {_lines(prices, unknown)}"


def _refusal(prices: Prices, unknown: Sequence[str]) -> str:
    """That there is no price for these models, and what to write into a file of prices."""
    # A name is dated as what it stands for.
    dated = "" if all(_alike(prices, model) for model in unknown) else " a date and, in USD per million tokens,"
    asked = "".join(f"{offer} " for offer in _offers(prices, unknown))
    return (
        f"--budget-usd: there is no price for {', '.join(unknown)}.\n"
        f"{asked}Say {'so' if asked else 'what it costs'} with --prices FILE.toml, which holds{dated}\n"
        f"{_lines(prices, unknown)}"
    )


def _offers(prices: Prices, unknown: Iterable[str]) -> Iterator[str]:
    """A question for each model that may cost what another does."""
    for model in unknown:
        if found := _alike(prices, model):
            yield f"Does {model} cost the same as {' or '.join(map(_shown, found))}?"
        elif model.endswith(FREE_TAG):
            yield f"Does {model} cost nothing, as its name says?"


def _lines(prices: Prices, unknown: Iterable[str]) -> str:
    """What a file of prices needs to hold; a line of TOML."""
    lines = (f"{json.dumps(model, ensure_ascii=False)} = {_line(prices, model)}" for model in unknown)
    return f"models = {{ {', '.join(lines)} }}"


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
