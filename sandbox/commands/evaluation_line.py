"""The words of `sandbox evaluate`. Imports nothing slow before it is needed."""

from typing import Any

import typer

from sandbox.options.arguments import (
    ConfigFile,
    DryRun,
    Evaluations,
    Export,
    Fetch,
    Import,
    ListSuites,
    Out,
    ReplayEvaluation,
    ResumeEvaluation,
)
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.flags import with_options


@with_options(EvaluationConfig)
def evaluate(  # noqa: PLR0913, PLR0917  # a parameter for each word of the line
    evaluation: Evaluations = None,
    config: ConfigFile = None,
    resume: ResumeEvaluation = None,
    replay: ReplayEvaluation = None,
    dry_run: DryRun = False,
    list_suites: ListSuites = False,
    fetch: Fetch = None,
    export_as: Export = None,
    out: Out = None,
    import_file: Import = None,
    **flags: Any,
) -> None:
    """Ask a model the suites of the papers, or your own, have its answers judged, and keep every step."""
    from sandbox.commands.evaluation_jobs import Job, run_job

    job = Job(evaluation or [], config, resume, replay, dry_run, list_suites, fetch, export_as, out, import_file)
    raise typer.Exit(run_job(job, flags))
