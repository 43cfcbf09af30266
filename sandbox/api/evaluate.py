"""`sandbox.evaluate`: suites asked and judged, from options to the end, or going on with an evaluation."""

import os
from collections.abc import Mapping
from typing import Any, Unpack

from sandbox.api.evaluation import Evaluation
from sandbox.api.given import ConfigLike, given, name_of
from sandbox.api.keywords import EvaluateOptions
from sandbox.api.spoken import spoken
from sandbox.api.thread import waited_for
from sandbox.api.told import OnEvent, Told
from sandbox.calls.costly import costly_forecast, unagreed
from sandbox.evaluation.evaluation import evaluation_run
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.file import OptionFile
from sandbox.preparing.evaluating import asked, is_whole, left_alone, warnings
from sandbox.runs.evaluation import reading

_CALL = "sandbox.evaluate"
_PARAMETERS = ("config", "resume")


def evaluate(
    config: ConfigLike = None,
    on_event: OnEvent | None = None,
    *,
    resume: str | os.PathLike[str] | None = None,
    **options: Unpack[EvaluateOptions],
) -> Evaluation:
    """Ask a model suites and have its answers judged, or go on with the evaluation `resume`; it at its end.

    `options` are those of `sandbox evaluate`, by name (`suite="trust"`, `judge="gpt-5"`), and `config` is a path of a
    TOML file, a mapping, or an `EvaluationConfig`. For all else, see `sandbox.simulate`.

    Raises `UsageError` before anything is begun, `SandboxError` for what cannot go on, and `KeyboardInterrupt` after
    Ctrl-C, when the calls in flight are kept.
    """
    with spoken(EvaluationConfig, _PARAMETERS):
        call = given(EvaluationConfig, config, options, _CALL)
    with spoken(EvaluationConfig, _PARAMETERS, call.shown):
        return _evaluated(call.flags, call.file, name_of(resume, "resume"), on_event)


def _evaluated(
    flags: Mapping[str, Any], file: OptionFile | None, resume: str | None, on_event: OnEvent | None
) -> Evaluation:
    wish = asked(flags, file, resume)
    told = Told(on_event, wish.directory.path if wish.directory else None)
    if wish.found and is_whole(wish.found, wish.resolved.config):
        for event in left_alone(wish.found):
            told.report(event)
        return Evaluation(wish.found)
    plan = wish.plan()
    for note in warnings(plan):
        told.report(note)
    if cost := costly_forecast("This evaluation", plan.forecast, plan.config, wish.done):
        raise unagreed(cost)
    run = evaluation_run(plan, wish.resolved.origins, told.report, wish.directory)
    with told.naming(f"{_CALL}(resume="):
        directory, manifest = waited_for(run.run, run.stop)
    return Evaluation(reading.Evaluation(directory, manifest, plan.suites))
