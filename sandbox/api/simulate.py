"""`sandbox.simulate`: a society from options to the end of its run, or going on with one."""

import os
from collections.abc import Mapping
from typing import Any, Unpack

from sandbox.api.given import ConfigLike, given, name_of
from sandbox.api.keywords import SimulateOptions
from sandbox.api.run import Run
from sandbox.api.spoken import spoken
from sandbox.api.thread import waited_for
from sandbox.api.told import OnEvent, Told
from sandbox.calls.costly import costly_forecast, unagreed
from sandbox.options.config import Config
from sandbox.options.file import OptionFile
from sandbox.preparing.simulating import Asked, asked, composition, left_alone
from sandbox.runs.reading import read_run
from sandbox.simulation.simulation import Simulation
from sandbox.simulation.verification import is_whole
from sandbox.society.plan import Plan

_CALL = "sandbox.simulate"


def simulate(
    config: ConfigLike = None,
    on_event: OnEvent | None = None,
    *,
    resume: str | os.PathLike[str] | None = None,
    **options: Unpack[SimulateOptions],
) -> Run:
    """Run a society, or go on with the run `resume`, and keep every step in `runs/<run_id>/`; the run at its end.

    `options` are those of `sandbox simulate`, by name (`model="scripted"`, `rounds=3`); they beat variables, and these
    beat `config`: a path of a TOML file, a mapping, or a `Config`. `on_event` is called with each event, from the
    thread that runs the society. A run that ends early, by a budget say, is a `Run` all the same: see `stopped_by`.

    Raises `UsageError` before anything is begun, `SandboxError` for what cannot go on, and `KeyboardInterrupt` after
    Ctrl-C, when the calls in flight are kept.
    """
    with spoken(Config, ("config", "resume")):
        call = given(Config, config, options, _CALL)
    with spoken(Config, ("config", "resume"), call.shown):
        return _simulated(call.flags, call.file, name_of(resume, "resume"), on_event)


def _simulated(flags: Mapping[str, Any], file: OptionFile | None, resume: str | None, on_event: OnEvent | None) -> Run:
    words = ["sandbox", "simulate", *(["--resume", resume] if resume else [])]
    wish = asked(flags, file, resume, words)
    told = Told(on_event, wish.directory.path if wish.directory else None)
    if wish.run and is_whole(wish.run, wish.resolved.config):
        for event in left_alone(wish.run):
            told.report(event)
        return Run(wish.run)
    simulation = Simulation(_plan(wish, told), wish.resolved.origins, told.report, wish.directory)
    with told.naming(f"{_CALL}(resume="):
        waited_for(simulation.run, simulation.stop)
    assert told.path
    return Run(read_run(told.path))


def _plan(wish: Asked, told: Told) -> Plan:
    """The plan, with everything told that should be known of it. Raises `UsageError` where it is too expensive."""
    for note in wish.reading():
        told.report(note)
    plan, done = wish.plan(), wish.done
    wish.settle(plan, told.report)
    for note in composition(plan):
        told.report(note)
    if cost := costly_forecast("This run", plan.forecast, plan.config, done):
        raise unagreed(cost)
    return plan
