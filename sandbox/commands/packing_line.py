"""The words of `sandbox pack` and `sandbox unpack`. Imports nothing slow before it is needed."""

from typing import Any

import typer

from sandbox.commands.examples import examples_of
from sandbox.options.arguments import ArchiveFile, ConfigFile, Packable
from sandbox.options.flags import with_options
from sandbox.options.line import LineCommand
from sandbox.packing.options import PackOptions, UnpackOptions

packing_app = typer.Typer()


@packing_app.command(cls=LineCommand, epilog=examples_of("pack"))
@with_options(PackOptions)
def pack(run: Packable, config: ConfigFile = None, **flags: Any) -> None:
    """Write a run, a study or another folder of sandbox as one file, to hand over or to keep."""
    from sandbox.commands.packing import run_pack

    raise typer.Exit(run_pack(run, flags, config))


@packing_app.command(cls=LineCommand, epilog=examples_of("unpack"))
@with_options(UnpackOptions)
def unpack(file: ArchiveFile, config: ConfigFile = None, **flags: Any) -> None:
    """Check what sandbox pack wrote, whoever it comes from, and make its folder."""
    from sandbox.commands.packing import run_unpack

    raise typer.Exit(run_unpack(file, flags, config))
