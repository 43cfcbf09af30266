"""The options of `sandbox study run`: how cells are run, and what may be spent on all of them. Knows no cell.

Variables are `SANDBOX_STUDY_<OPTION>`, but for those that all commands share (`sandbox/options/option.py`). What a run
is stands in the file of the study.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from annotated_doc import Doc
from annotated_types import Ge, Gt, Le

from sandbox.options.option import CommandForm, Metavar, Panel

On = Literal["here", "processes", "ray"]
_SPENDING = Panel("Spending")


@dataclass(frozen=True, kw_only=True)
class StudyOptions:
    """How a study is run. None means what the help text says about it."""

    form: ClassVar = CommandForm("SANDBOX_STUDY_")

    jobs: Annotated[
        int | None, Ge(1), Le(10_000), Doc("Cells at once (default: here 4; processes: cores; ray: what fits).")
    ] = None
    on: Annotated[On, Doc("Where cells run: in this process, in processes of their own, or on a Ray cluster.")] = "here"
    address: Annotated[
        str | None, Metavar("RAY"), Doc("With --on ray: a cluster that is there (default: one on this machine).")
    ] = None
    retry_failed: Annotated[bool, Doc("Ask calls of all cells again that failed for good.")] = False
    cell: Annotated[
        int | None, Metavar("INDEX"), Ge(0), Le(10**6), Doc("Run this cell alone, as a job of an array does.")
    ] = None
    budget_usd: Annotated[
        float | None, _SPENDING, Gt(0), Le(1e9), Doc("Most USD of the whole study, over all attempts.")
    ] = None
    budget_tokens: Annotated[
        int | None, _SPENDING, Ge(1), Le(10**15), Doc("Most tokens of the whole study, over all attempts.")
    ] = None
    budget_calls: Annotated[
        int | None, _SPENDING, Ge(1), Le(10**12), Doc("Most calls of the whole study, over all attempts.")
    ] = None
    yes: Annotated[bool, _SPENDING, Doc("Do not ask before a study of more than 10 USD.")] = False
    studies: Annotated[Path, Doc("Folder of the studies.")] = Path("studies")
    json: Annotated[bool, Doc("JSON on stdout, and nothing else there.")] = False
    debug: Annotated[bool, Doc("Show tracebacks.")] = False
