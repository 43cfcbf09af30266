"""The options of `sandbox pack` and `sandbox unpack`: what goes where. Knows no archive.

Variables are `SANDBOX_PACK_<OPTION>` and `SANDBOX_UNPACK_<OPTION>`, but for those that all commands share
(`sandbox/options/option.py`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_doc import Doc

from sandbox.options.option import CommandForm, Metavar, Short


@dataclass(frozen=True, kw_only=True)
class PackOptions:
    """What was asked for. None and False ask for nothing, or for what the help text says."""

    form: ClassVar = CommandForm("SANDBOX_PACK_")

    output: Annotated[
        Path | None,
        Short("-o"),
        Metavar("FILE"),
        Doc("Archive to write, a new file (default: NAME.tar.xz)."),
    ] = None
    memory: Annotated[bool, Doc("Also what each agent remembers, which follows from the journal.")] = False
    runs: Annotated[Path, Doc("Folder of the runs.")] = Path("runs")
    studies: Annotated[Path, Doc("Folder of the studies.")] = Path("studies")
    json: Annotated[bool, Doc("One JSON document on stdout.")] = False
    debug: Annotated[bool, Doc("Show tracebacks.")] = False


@dataclass(frozen=True, kw_only=True)
class UnpackOptions:
    """What was asked for. None and False ask for nothing, or for what the help text says."""

    form: ClassVar = CommandForm("SANDBOX_UNPACK_")

    out: Annotated[
        Path | None, Short("-o"), Metavar("DIR"), Doc("Folder to make, a new one (default: NAME in --runs).")
    ] = None
    runs: Annotated[Path, Doc("Folder of the runs.")] = Path("runs")
    studies: Annotated[Path, Doc("Folder of the studies, for one of those.")] = Path("studies")
    json: Annotated[bool, Doc("One JSON document on stdout.")] = False
    debug: Annotated[bool, Doc("Show tracebacks.")] = False
