"""What a run should warn of when it ends: money that went other ways than was said, and models that were not asked for.

Knows manifests only.
"""

from collections.abc import Iterator
from typing import Final

from agents.model_names import same_model
from sandbox.options.config import LOCAL, SCRIPTED
from sandbox.runs.any_manifest import AnyManifest
from sandbox.runs.manifest import PriceUsed
from sandbox.runs.tokens import Overrun
from sandbox.text import counted, money

FEW: Final = 3
LONGEST_NAME: Final = 80


def cautions(manifest: AnyManifest) -> Iterator[str]:
    """Sentences, none where all went as it was said."""
    for model, overrun in manifest.overruns.items():
        times, by = counted(overrun.calls, "time"), over(overrun, manifest.config.max_tokens)
        yield f"Warning: replies of {model} exceeded the bound of their call, by which budgets go, {times}: {by}."
    yield from _exceeded(manifest)
    for model, names in manifest.models.served.items():
        others = [name for name in names if not same_model(model, name)]
        if others and model not in (LOCAL, SCRIPTED):
            yield _served(model, others, manifest.prices_used)


def over(overrun: Overrun, max_tokens: int | None) -> str:
    """By how much replies exceeded the bound of their call, which was `max_tokens` if all calls had the same."""
    parts = []
    if overrun.completion_tokens:
        most = f"up to {overrun.completion_tokens} completion tokens more than were allowed"
        if max_tokens is not None:
            most = f"up to {max_tokens + overrun.completion_tokens} completion tokens with --max-tokens {max_tokens}"
        parts.append(f"{most} (many endpoints count thinking beside it)")
    if overrun.prompt_tokens:
        parts.append(f"up to {overrun.prompt_tokens} prompt tokens more than the prompt has bytes")
    return ", ".join(parts)


def _exceeded(manifest: AnyManifest) -> Iterator[str]:
    """By how much budgets are exceeded."""
    config, totals = manifest.config, manifest.totals
    tokens = totals.prompt_tokens + totals.completion_tokens
    if config.budget_tokens is not None and tokens > config.budget_tokens:
        yield f"Warning: the budget of {config.budget_tokens} tokens is exceeded by {tokens - config.budget_tokens}."
    cost = totals.cost_usd
    if config.budget_usd is not None and cost is not None and cost > config.budget_usd:
        yield f"Warning: the budget of {money(config.budget_usd)} is exceeded by {money(cost - config.budget_usd)}."


def _served(model: str, names: list[str], prices: dict[str, PriceUsed]) -> str:
    more = f" and {len(names) - FEW} others" if len(names) > FEW else ""
    said = (
        f"Warning: {model} was asked for, and {', '.join(name[:LONGEST_NAME] for name in names[:FEW])}{more} answered."
    )
    price, other = prices.get(model), prices.get(names[0])
    if price is None or other is None or (price.prompt, price.completion) == (other.prompt, other.completion):
        return said
    return f"{said} Cost is reckoned at {_usd(price)}, not at {_usd(other)}."


def _usd(price: PriceUsed) -> str:
    return f"the price of {price.name} ({price.prompt:g} and {price.completion:g} USD per million tokens)"
