"""The words of `sandbox annotate`. Imports nothing slow before it is needed."""

from typing import Any

import typer

from sandbox.options.annotation import AnnotationConfig
from sandbox.options.arguments import ConfigFile, JudgedRun
from sandbox.options.flags import with_options


@with_options(AnnotationConfig)
def annotate(run: JudgedRun, config: ConfigFile = None, **flags: Any) -> None:
    """Judge stored texts of a run yourself, blind: the scale of the observer, and none of its ratings in sight."""
    from sandbox.commands.annotate import run_annotate

    raise typer.Exit(run_annotate(run, flags, config))
