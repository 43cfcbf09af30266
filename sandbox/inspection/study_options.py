"""The options of `sandbox study show`: what is pooled, against what, and where it goes. Knows no study.

Variables are `SANDBOX_STUDY_SHOW_<OPTION>`, but for those that several commands share (`sandbox/options/option.py`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, get_args

from annotated_doc import Doc
from annotated_types import Ge, Le

from sandbox.inspection.ways import check_ways
from sandbox.options.option import CommandForm, Metavar, Panel, Short, Suggested, Wanted

StudyPlot = Literal["conditions", "rounds", "pareto"]
_POOLS: Final = Panel("What is pooled and compared")
_WHERE: Final = Panel("How it is shown")
_TABLES: Final = Suggested(("cells", "conditions", "differences", "Pareto front", "interactions needed", "by round"))


@dataclass(frozen=True, kw_only=True)
class StudyView:
    """What was asked for. None and False ask for nothing, or for what the help text says."""

    form: ClassVar = CommandForm("SANDBOX_STUDY_SHOW_")

    studies: Annotated[Path, Doc("Folder of the studies.")] = Path("studies")
    by: Annotated[
        str | None,
        _POOLS,
        Metavar("AXES"),
        Doc("Axes that tell conditions, such as labels,model; others are pooled (default: all but the seed)."),
    ] = None
    base: Annotated[
        str | None,
        _POOLS,
        Metavar("CONDITION"),
        Doc("What the others are compared with, such as labels=half,model=m (default: the first)."),
    ] = None
    within: Annotated[
        float,
        _POOLS,
        Ge(0),
        Le(6),
        Wanted("a difference of two ratings, from 0 to 6"),
        Doc("How near to the best end a condition has to come."),
    ] = 0.1
    table: Annotated[str | None, _WHERE, Metavar("NAME"), _TABLES, Doc("Only the table of this name.")] = None
    html: Annotated[Path | None, _WHERE, Doc("Write a report that opens without a network.")] = None
    plot: Annotated[
        StudyPlot | None, _WHERE, Metavar("|".join(get_args(StudyPlot))), Doc("Draw a picture into --output.")
    ] = None
    output: Annotated[Path | None, _WHERE, Short("-o"), Doc("Picture file: .png or .svg.")] = None
    csv: Annotated[bool, _WHERE, Doc("CSV on stdout, and nothing else there.")] = False
    json: Annotated[bool, _WHERE, Doc("One JSON document on stdout.")] = False
    debug: Annotated[bool, Doc("Show tracebacks.")] = False

    def check(self) -> None:
        """Raises `UsageError` for options that do not go together."""
        check_ways(self, "say which")
