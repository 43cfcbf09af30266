"""What is expensive enough that somebody agrees to it first. Knows money; asks nobody."""

from typing import Final

from sandbox.calls.forecast import Forecast
from sandbox.errors import UsageError
from sandbox.runs.any_manifest import AnyConfig

ASK_ABOVE_USD: Final = 10.0


def costly(what: str, low: float, high: float) -> str | None:
    """That `what` will cost so many USD; None where that is too little to be agreed to."""
    return f"{what} will cost about {low:.2f} to {high:.2f} USD" if high > ASK_ABOVE_USD else None


def costly_forecast(what: str, forecast: Forecast, config: AnyConfig, done: int) -> str | None:
    """The same of a work that is begun or gone on with, of which `done` calls are paid, unless it is agreed to."""
    if config.yes or forecast.cost_usd is None:
        return None
    budget = config.budget_usd or float("inf")
    return costly(what, *(min(cost, budget) for cost in forecast.after(done).cost_usd or (0.0, 0.0)))


def unagreed(cost: str) -> UsageError:
    """The error where nobody can be asked whether what will `cost` so much shall run."""
    return UsageError(f"{cost}. Give --yes to run it without being asked.")
