"""`sandbox.forecast`: what a society would take. Asks no model, and writes nothing."""

import os
from typing import Unpack

from sandbox.api.given import ConfigLike, given, name_of
from sandbox.api.keywords import SimulateOptions
from sandbox.api.spoken import spoken
from sandbox.calls.forecast import Forecast
from sandbox.options.config import Config
from sandbox.preparing.simulating import asked

_CALL = "sandbox.forecast"
_PARAMETERS = ("config", "resume")


def forecast(
    config: ConfigLike = None, *, resume: str | os.PathLike[str] | None = None, **options: Unpack[SimulateOptions]
) -> Forecast:
    """What `sandbox.simulate` would take, called alike: calls by stage, and ranges of tokens and USD that are left.

    Raises `UsageError` for what could not be run.
    """
    with spoken(Config, _PARAMETERS):
        call = given(Config, config, options, _CALL)
    with spoken(Config, _PARAMETERS, call.shown):
        wish = asked(call.flags, call.file, name_of(resume, "resume"), ["sandbox", "simulate"])
        plan = wish.plan()
        wish.settle(plan, lambda _: None, dry_run=True)
        return plan.forecast.after(wish.done)
