"""Asks once before what is expensive. Knows a terminal."""

import sys

from sandbox.calls.costly import costly_forecast, unagreed
from sandbox.calls.forecast import Forecast
from sandbox.errors import SandboxError
from sandbox.runs.any_manifest import AnyConfig
from sandbox.terminal import error_console


def confirm_forecast(what: str, forecast: Forecast, config: AnyConfig, done: int) -> None:
    """Ask once before a work is begun or gone on with that may be expensive, of which `done` calls are paid.

    Raises `SandboxError` unless it is agreed to.
    """
    confirm(costly_forecast(what, forecast, config, done))


def confirm(cost: str | None) -> None:
    """Ask whether what will `cost` so much shall run, where it does. Raises `SandboxError` unless it is agreed to."""
    if cost is None:
        return
    if not sys.stdin.isatty():
        raise unagreed(cost)
    error_console().print(f"{cost}. Run it? [y/N] ", end="", markup=False)
    if input().strip().lower() not in ("y", "yes"):
        raise SandboxError("Nothing was run.")
