"""The words of `sandbox tag`. Imports nothing slow before it is needed."""

from typing import Any

import typer

from sandbox.options.arguments import Tagged
from sandbox.options.flags import with_options
from sandbox.options.tagging import TagOptions


@with_options(TagOptions)
def tag(run: Tagged, **flags: Any) -> None:
    """Give runs tags and a note, by which the list of runs is filtered; or show them."""
    from sandbox.commands.tag import run_tag

    raise typer.Exit(run_tag(run, flags))
