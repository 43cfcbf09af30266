"""Asks once before what is expensive. Knows money and a terminal."""

import sys
from typing import Final

from sandbox.calls.forecast import Forecast
from sandbox.errors import SandboxError, UsageError
from sandbox.runs.any_manifest import AnyConfig
from sandbox.terminal import error_console

ASK_ABOVE_USD: Final = 10.0


def confirm_forecast(what: str, forecast: Forecast, config: AnyConfig, done: int) -> None:
    """Ask once before a work is begun or gone on with that may be expensive, of which `done` calls are paid.

    Raises `SandboxError` unless it is agreed to.
    """
    if config.yes or forecast.cost_usd is None:
        return
    budget = config.budget_usd or float("inf")
    low, high = (min(cost, budget) for cost in forecast.after(done).cost_usd or (0.0, 0.0))
    confirm(what, low, high)


def confirm(what: str, low: float, high: float) -> None:
    """Ask whether `what` shall run, which will cost so many USD. Raises `SandboxError` unless it is agreed to."""
    if high <= ASK_ABOVE_USD:
        return
    cost = f"{what} will cost about {low:.2f} to {high:.2f} USD"
    if not sys.stdin.isatty():
        raise UsageError(f"{cost}. Give --yes to run it without being asked.")
    error_console().print(f"{cost}. Run it? [y/N] ", end="", markup=False)
    if input().strip().lower() not in ("y", "yes"):
        raise SandboxError("Nothing was run.")
