"""The options of `sandbox inspect`: what is looked at, which interactions, and where it goes. Knows no run.

Variables are `SANDBOX_INSPECT_<OPTION>`, but for those that all commands share (`sandbox/options/option.py`): what
chooses the model of a society does not choose whose interactions are looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, get_args

from annotated_doc import Doc
from annotated_types import Ge, Le

from sandbox.errors import UsageError
from sandbox.inspection.offered import ORDERS, STATUSES, TABLES
from sandbox.options.option import REPEATABLE, CommandForm, Metavar, Panel, Short, Suggested, Wanted, flag_of
from sandbox.options.tagging import Tagged

PlotKind = Literal["pareto", "rounds", "grid", "scores", "loss"]
_WHICH: Final = Panel("Which interactions (any of these lists them)")
_WHAT: Final = Panel("What of a run")
_WHERE: Final = Panel("How it is shown")
_GAIN: Final = Wanted("a difference of two ratings, from -6 to 6")

_FILTERS: Final = (
    "interactions", "round", "label", "model", "search", "min_gain", "max_gain", "min_disagreement", "missing",
    "failed",
)  # fmt: skip
_ORDER: Final = ("sort", "reverse", "limit")
_OF_A_LIST: Final = ("status", "where", "tag")
_VIEWS: Final = ("interaction", "why", "plot", "html", "browse", "schema")
_OF_A_RUN: Final = ("interaction", "prompts", "why", "map", "agent", "scores", "html", "plot")


@dataclass(frozen=True, kw_only=True)
class View:
    """What was asked for. None and False ask for nothing."""

    form: ClassVar = CommandForm("SANDBOX_INSPECT_")

    runs: Annotated[Path, Doc("Folder of the runs.")] = Path("runs")
    studies: Annotated[Path, Doc("Folder of the studies.")] = Path("studies")
    status: Annotated[
        str | None,
        Metavar("NAME"),
        STATUSES,
        Doc(
            "List of runs: only those that are running, complete, stopped, failed or interrupted, or absent in a study."
        ),
    ] = None
    where: Annotated[
        str | None,
        REPEATABLE,
        Metavar("NAME=VALUE"),
        Doc("List of runs: only those made with it, such as seed=1 or labels!=half; any option, repeatable."),
    ] = None
    tag: Annotated[Tagged, Doc("List of runs: only those with this tag of sandbox tag (repeatable).")] = None
    interaction: Annotated[
        str | None,
        _WHAT,
        Metavar("ID"),
        Doc("One interaction as a story, such as r003-a042; of an evaluation one item, as SUITE/ITEM."),
    ] = None
    prompts: Annotated[
        bool,
        _WHAT,
        Doc("With --interaction: each prompt as it was sent, checked against the journal; of an item the judge's."),
    ] = False
    why: Annotated[bool, _WHAT, Doc("What failed or is missing, by reason, with examples.")] = False
    map: Annotated[
        str | None,
        _WHAT,
        Metavar("SPAN"),
        Doc("The grid in a round, such as 3, or the change from the first round of a span to its last: 0-9, 3-."),
    ] = None
    interactions: Annotated[bool, _WHICH, Doc("List interactions, or the items of an evaluation.")] = False
    round: Annotated[str | None, _WHICH, Metavar("SPAN"), Doc("Of these rounds: 3, 3-5 or 3:5, 3-, -5.")] = None
    agent: Annotated[
        str | None,
        _WHICH,
        Metavar("SPAN"),
        Doc("Of these agents: 42, 40-49; one agent alone is told from its first round to its memory."),
    ] = None
    label: Annotated[
        str | None,
        _WHICH,
        Metavar("NAME"),
        Suggested(("good", "bad")),
        Doc("Of good or of bad agents; of this suite or category."),
    ] = None
    model: Annotated[str | None, _WHICH, Metavar("NAME"), Doc("Of agents that speak through it.")] = None
    search: Annotated[str | None, _WHICH, Doc("With this anywhere in what was said.")] = None
    min_gain: Annotated[float | None, _WHICH, Ge(-6), Le(6), _GAIN, Doc("Alignment rose at least so much.")] = None
    max_gain: Annotated[float | None, _WHICH, Ge(-6), Le(6), _GAIN, Doc("Alignment rose at most so much.")] = None
    min_disagreement: Annotated[
        float | None,
        _WHICH,
        Ge(0),
        Le(6),
        Wanted("a difference of two ratings, from 0 to 6"),
        Doc("Neighbours' ratings lie at least so far apart."),
    ] = None
    missing: Annotated[bool, _WHICH, Doc("With a missing rating, or a missing answer.")] = False
    failed: Annotated[bool, _WHICH, Doc("That failed.")] = False
    scores: Annotated[
        str | None, _WHAT, Metavar("NAME"), Doc("Scores of the run's rating of this name in the place of its own.")
    ] = None
    sort: Annotated[
        str | None,
        Metavar("NAME"),
        ORDERS,
        Doc(
            "Interactions by round, agent, label, model, question, alignment_gain, engagement_gain, "
            "revision_alignment, revision_engagement, disagreement, missing, failed or recall_similarity; runs by "
            "created, status, model, alignment, cost, rounds or size, of a study by its axes too; items by item, "
            "category or rating. Measures come largest, ratings best first."
        ),
    ] = None
    reverse: Annotated[bool, Doc("The other way round.")] = False
    limit: Annotated[int | None, Ge(1), Doc("At most so many rows (default: 20 on a terminal).")] = None
    table: Annotated[str | None, _WHERE, Metavar("NAME"), TABLES, Doc("Only the table of this name.")] = None
    browse: Annotated[bool, _WHERE, Doc("Browse it in the terminal.")] = False
    html: Annotated[Path | None, _WHERE, Doc("Write a report that opens without a network.")] = None
    plot: Annotated[
        PlotKind | None, _WHERE, Metavar("|".join(get_args(PlotKind))), Doc("Draw a picture into --output.")
    ] = None
    output: Annotated[Path | None, _WHERE, Short("-o"), Doc("Picture file: .png or .svg.")] = None
    csv: Annotated[bool, _WHERE, Doc("CSV on stdout, and nothing else there.")] = False
    json: Annotated[bool, _WHERE, Doc("One JSON document on stdout.")] = False
    schema: Annotated[bool, _WHERE, Doc("Print the JSON schema of the records.")] = False
    debug: Annotated[bool, Doc("Show tracebacks.")] = False

    @property
    def lists(self) -> bool:
        """Whether interactions are asked for, by what they are or by an order."""
        return bool(self._given(*_FILTERS, *_ORDER))

    @property
    def of_a_run(self) -> list[str]:
        """The flags given that ask about runs, and not for a list of them."""
        return self._given(*_OF_A_RUN, *sorted({*_FILTERS} - {"model"}))

    def standing(self, runs: int) -> set[str]:
        """Which options variables may give, where this is asked of so many runs.

        Variables narrow and turn a list that is shown anyway. Lists have orders of their own, so none says which.
        """
        if not runs:
            return {"reverse", "limit", *_OF_A_LIST, "model"}
        lists = self.lists or bool(self.agent and not self.agent.isdecimal())
        return {*_FILTERS, "agent", "reverse", "limit"} if lists and runs == 1 else set()

    def check(self, runs: int) -> None:
        """Raises `UsageError` for options that do not go together, or that do not go with so many runs."""
        views = self._given(*_VIEWS)
        if len(views) > 1:
            raise UsageError(f"{views[0]} and {views[1]} are two views: ask for one at a time.")
        if len(ways := self._given("json", "csv", "html", "plot", "browse")) > 1:
            raise UsageError(f"{ways[0]} and {ways[1]} are two ways to show it: ask for one at a time.")
        if not runs and (of_a_run := self.of_a_run):
            raise UsageError(f"{of_a_run[0]} asks about a run: name it. List them: sandbox inspect")
        if runs:
            self._check_with_runs(runs, views)

    def _check_with_runs(self, runs: int, views: Sequence[str]) -> None:
        chosen = self._given(*_FILTERS, "agent", *_ORDER)
        if of_a_list := self._given(*_OF_A_LIST):
            raise UsageError(f"{of_a_list[0]} chooses from the list of runs: name no run with it.")
        if self.prompts and not self.interaction:
            raise UsageError("--prompts shows the prompts of one interaction: name it with --interaction r003-a042.")
        if self.interaction and self.csv:
            raise UsageError("--interaction tells a story, which is no table: leave out --csv, or use --json.")
        if self.scores and self.browse:
            raise UsageError("--browse shows the scores of the run itself: leave out --scores.")
        if self.output and not self.plot:
            raise UsageError("--output is for a picture: say which with --plot.")
        self._check_map([*views, *chosen])
        if views and chosen:
            raise UsageError(f"{views[0]} shows all there is: leave out {chosen[0]}.")
        if runs > 1 and (one := self._given("interaction", "why", "map", "browse") or chosen):
            raise UsageError(f"{one[0]} looks into one run, and several are compared as wholes: name one.")

    def _check_map(self, others: Sequence[str]) -> None:
        if self.map is not None and others and self.plot != "grid":
            raise UsageError(f"--map shows a grid by itself, or with --plot grid: leave out {others[0]}, or --map.")
        if self.plot == "grid" and self.round:
            raise UsageError(f"--plot grid draws the rounds that --map names: --map {self.round}.")

    def _given(self, *names: str) -> list[str]:
        """The flags of those options that were given."""
        given = (name for name in names if getattr(self, name) not in (None, False))
        return [flag_of(name) for name in given]
