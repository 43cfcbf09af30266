"""The words of `sandbox rate`. Imports nothing slow before it is needed."""

from typing import Any

import typer

from sandbox.errors import UsageError
from sandbox.options.arguments import ConfigFile, DryRun, RatedRun, ReplayRating, ResumeRating
from sandbox.options.flags import with_options
from sandbox.options.rating import RatingConfig


@with_options(RatingConfig)
def rate(
    run: RatedRun = None,
    config: ConfigFile = None,
    resume: ResumeRating = None,
    replay: ReplayRating = None,
    dry_run: DryRun = False,
    **flags: Any,
) -> None:
    """Have the stored texts of a run rated anew, by another observer or on other dimensions."""
    named = [each for each in (run, resume, replay) if each]
    if len(named) > 1:
        raise UsageError("RUN, --resume and --replay each name what is rated: give one of them.")
    if not named:
        raise UsageError("Name the run whose texts are rated: sandbox rate RUN\nList them: sandbox inspect")
    if replay and (config or dry_run):
        raise UsageError("--replay takes a rating as it is: leave out --config and --dry-run.")
    from sandbox.commands.rate import replay_rating, resume_rating, run_rate

    if replay:
        raise typer.Exit(replay_rating(replay, flags))
    if resume:
        raise typer.Exit(resume_rating(resume, flags, config, dry_run=dry_run))
    raise typer.Exit(run_rate(named[0], flags, config, dry_run=dry_run))
