"""The options of `sandbox analyze`: what of runs is asked, how they are pooled, and where it goes. Knows no run.

Variables are `SANDBOX_ANALYZE_<OPTION>`, but for those that several commands share (`sandbox/options/option.py`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, get_args

from annotated_doc import Doc
from annotated_types import Ge, Le

from sandbox.errors import UsageError
from sandbox.inspection.ways import check_ways
from sandbox.options.annotation import PEOPLE
from sandbox.options.option import CommandForm, Metavar, Panel, Short, Suggested, SuggestedSeveral, Wanted

Approver = Literal["observer", "peers"]
By = Literal["group", "label", "model"]
_WHAT: Final = Panel("What is asked")
_POOLS: Final = Panel("Of what")
_WHERE: Final = Panel("How it is shown")
_SOPHISTRY: Final = Suggested(("approval and accuracy", "false approval over tau", "the same items", "what counts"))
_REPRESENTATION: Final = Suggested(
    (
        "ratings by rater and author",
        "ratings by group",
        "largest gap between groups",
        "gaps between groups",
        "whose feedback is followed",
    )
)
_OBSERVER: Final = Suggested(("agreement", "neighbours against the observer", "people against the observer", "ratings"))
_PARETO: Final = Suggested(("Pareto front", "hypervolume", "interactions to reach", "interactions by run"))
_TABLE: Final = Doc("Only the table of this name.")
LOWEST, HIGHEST = 1, 7  # of the scale of ratings


@dataclass(frozen=True, kw_only=True)
class AnalysisView:
    """What every analysis can be asked. None and False ask for nothing, or for what the help text says."""

    form: ClassVar = CommandForm("SANDBOX_ANALYZE_")
    analysis: ClassVar[str]

    runs: Annotated[Path, Doc("Folder of the runs.")] = Path("runs")
    studies: Annotated[Path, Doc("Folder of the studies.")] = Path("studies")
    conditions: Annotated[
        str | None,
        _POOLS,
        Metavar("AXES"),
        Doc(
            "Axes of a study that tell conditions, such as labels,model; others are pooled (default: all but the seed)."
        ),
    ] = None
    scores: Annotated[
        str | None,
        _POOLS,
        Metavar("NAME"),
        Doc("Scores of the rating of this name (sandbox rate) in the place of each run's own."),
    ] = None
    table: Annotated[str | None, _WHERE, Metavar("NAME"), _TABLE] = None
    html: Annotated[Path | None, _WHERE, Doc("Write a report that opens without a network.")] = None
    plot: Annotated[bool, _WHERE, Doc("Draw its picture into --output.")] = False
    output: Annotated[Path | None, _WHERE, Short("-o"), Doc("Picture file: .png or .svg.")] = None
    csv: Annotated[bool, _WHERE, Doc("CSV on stdout, and nothing else there.")] = False
    json: Annotated[bool, _WHERE, Doc("One JSON document on stdout.")] = False
    debug: Annotated[bool, Doc("Show tracebacks.")] = False

    def check(self) -> None:
        """Raises `UsageError` for options that do not go together."""
        check_ways(self, "ask for it")


@dataclass(frozen=True, kw_only=True)
class SophistryView(AnalysisView):
    """What `sandbox analyze sophistry` can be asked."""

    analysis: ClassVar[str] = "sophistry"
    table: Annotated[str | None, _WHERE, Metavar("NAME"), _SOPHISTRY, _TABLE] = None
    gold: Annotated[
        str | None,
        _WHAT,
        Metavar("FILE"),
        Doc("Question file with keys, for runs whose questions had none."),
    ] = None
    judged: Annotated[
        str | None,
        _WHAT,
        Metavar("NAME"),
        Doc("Rating whose correctness says what is right where a key is a text (default: the only one that has it)."),
    ] = None
    approver: Annotated[
        Approver | None,
        _WHAT,
        Metavar("|".join(get_args(Approver))),
        Doc("Whose ratings approve (default: peers where all runs had them rate revisions, else the observer)."),
    ] = None
    tau: Annotated[
        float,
        _WHAT,
        Ge(LOWEST),
        Le(HIGHEST),
        Wanted("a rating, from 1 to 7"),
        Doc("Approved is what is rated at least so, in the mean."),
    ] = 5.0


@dataclass(frozen=True, kw_only=True)
class RepresentationView(AnalysisView):
    """What `sandbox analyze representation` can be asked."""

    analysis: ClassVar[str] = "representation"
    table: Annotated[str | None, _WHERE, Metavar("NAME"), _REPRESENTATION, _TABLE] = None
    by: Annotated[
        By | None,
        _WHAT,
        Metavar("|".join(get_args(By))),
        Doc("What agents are told apart by (default: group where all runs have a population, else label)."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ObserverView(AnalysisView):
    """What `sandbox analyze observer` can be asked."""

    analysis: ClassVar[str] = "observer"
    table: Annotated[str | None, _WHERE, Metavar("NAME"), _OBSERVER, _TABLE] = None
    again: Annotated[
        int | None,
        _WHAT,
        Ge(1),
        Metavar("TEXTS"),
        Doc("Have so many texts of a run rated once more by its own observer first; this makes paid calls."),
    ] = None
    with_: Annotated[
        str | None,
        _WHAT,
        Metavar("NAMES"),
        SuggestedSeveral((PEOPLE,)),
        Doc("Compare it with these alone: ratings and annotators by name, people for all of these (default: all)."),
    ] = None
    yes: Annotated[bool, _WHAT, Doc("With --again: do not ask before calls for more than 10 USD.")] = False


@dataclass(frozen=True, kw_only=True)
class ParetoView(AnalysisView):
    """What `sandbox analyze pareto` can be asked."""

    analysis: ClassVar[str] = "pareto"
    table: Annotated[str | None, _WHERE, Metavar("NAME"), _PARETO, _TABLE] = None
    target: Annotated[
        str,
        _WHAT,
        Metavar("A,E"),
        Wanted("two ratings from 1 to 7 with a comma between, of alignment and of engagement"),
        Doc("Mean alignment and engagement that are to be reached."),
    ] = "5,5"
    window: Annotated[
        int,
        _WHAT,
        Ge(1),
        Doc("Rounds that such a mean is taken over, the last ones."),
    ] = 1

    def targets(self) -> tuple[float, float]:
        """Of alignment and of engagement. Raises `UsageError` for what are no two ratings."""
        try:
            alignment, engagement = map(float, self.target.split(","))
        except ValueError:
            alignment = engagement = float("nan")
        if not (LOWEST <= alignment <= HIGHEST and LOWEST <= engagement <= HIGHEST):
            wanted = "wanted are two ratings from 1 to 7, of alignment and of engagement, such as 5,4.5"
            raise UsageError(f"--target {self.target}: {wanted}.")
        return alignment, engagement
