"""The options of `sandbox inspect`: what is looked at, which interactions, and where it goes. Knows no run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from sandbox.errors import UsageError
from sandbox.options.config import flag_of

PlotKind = Literal["pareto", "rounds", "grid"]
_WHICH: Final = "Which interactions (any of these lists them)"
_WHAT: Final = "What of a run"
_WHERE: Final = "How it is shown"


_FILTERS: Final = (
    "interactions", "round", "label", "model", "search", "min_gain", "max_gain", "min_disagreement", "missing",
    "failed",
)  # fmt: skip
_ORDER: Final = ("sort", "reverse", "limit")
_VIEWS: Final = ("interaction", "why", "plot", "html", "browse", "schema")
_OF_A_RUN: Final = ("interaction", "prompts", "why", "map", "agent", "html", "plot", "table")


@dataclass(frozen=True, kw_only=True)
class View:
    """What was asked for. None and False ask for nothing."""

    runs: Annotated[Path, typer.Option(help="Folder of the runs.", envvar="SANDBOX_RUNS")] = Path("runs")
    status: Annotated[
        str | None,
        typer.Option(
            help="List of runs: only those that are running, complete, stopped, failed or interrupted", metavar="NAME"
        ),
    ] = None
    interaction: Annotated[
        str | None,
        typer.Option(help="One interaction as a story, such as r003-a042.", metavar="ID", rich_help_panel=_WHAT),
    ] = None
    prompts: Annotated[
        bool,
        typer.Option(
            "--prompts",
            metavar="",
            help="With --interaction: each prompt as it was sent, checked against the journal.",
            rich_help_panel=_WHAT,
        ),
    ] = False
    why: Annotated[
        bool,
        typer.Option(
            "--why", metavar="", help="What failed or is missing, by reason, with examples.", rich_help_panel=_WHAT
        ),
    ] = False
    map: Annotated[
        str | None,
        typer.Option(
            help="The grid in this round, or the change between two, such as 0:9.",
            metavar="ROUND[:ROUND]",
            rich_help_panel=_WHAT,
        ),
    ] = None
    interactions: Annotated[
        bool, typer.Option("--interactions", metavar="", help="List interactions.", rich_help_panel=_WHICH)
    ] = False
    round: Annotated[
        str | None, typer.Option(help="Of these rounds: 3, 3-5, 3-.", metavar="SPAN", rich_help_panel=_WHICH)
    ] = None
    agent: Annotated[
        str | None,
        typer.Option(
            help="Of these agents; one agent alone is told from its first round to its memory.",
            metavar="SPAN",
            rich_help_panel=_WHICH,
        ),
    ] = None
    label: Annotated[
        str | None, typer.Option(help="Of good or of bad agents.", metavar="NAME", rich_help_panel=_WHICH)
    ] = None
    model: Annotated[
        str | None, typer.Option(help="Of agents that speak through it.", metavar="NAME", rich_help_panel=_WHICH)
    ] = None
    search: Annotated[
        str | None,
        typer.Option(help="With this anywhere in what was said.", metavar="TEXT", rich_help_panel=_WHICH),
    ] = None
    min_gain: Annotated[
        float | None,
        typer.Option(help="Alignment rose at least so much.", metavar="NUMBER", rich_help_panel=_WHICH),
    ] = None
    max_gain: Annotated[
        float | None, typer.Option(help="Alignment rose at most so much.", metavar="NUMBER", rich_help_panel=_WHICH)
    ] = None
    min_disagreement: Annotated[
        float | None,
        typer.Option(help="Neighbours' ratings lie at least so far apart.", metavar="NUMBER", rich_help_panel=_WHICH),
    ] = None
    missing: Annotated[
        bool, typer.Option("--missing", metavar="", help="With a missing rating.", rich_help_panel=_WHICH)
    ] = False
    failed: Annotated[bool, typer.Option("--failed", metavar="", help="That failed.", rich_help_panel=_WHICH)] = False
    sort: Annotated[
        str | None,
        typer.Option(
            help="Interactions by round, agent, label, model, question, gain, engagement-gain, alignment, engagement, "
            "disagreement, missing, failed or similarity; runs by created, status, model, alignment, cost, rounds or "
            "size. Measures come largest first.",
            metavar="NAME",
        ),
    ] = None
    reverse: Annotated[bool, typer.Option("--reverse", metavar="", help="The other way round.")] = False
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many rows (default: 20 on a terminal).")] = None
    table: Annotated[
        str | None, typer.Option(help="Only the table of this name.", metavar="NAME", rich_help_panel=_WHERE)
    ] = None
    browse: Annotated[
        bool, typer.Option("--browse", metavar="", help="Browse it in the terminal.", rich_help_panel=_WHERE)
    ] = False
    html: Annotated[
        Path | None, typer.Option(help="Write a report that opens without a network.", rich_help_panel=_WHERE)
    ] = None
    plot: Annotated[PlotKind | None, typer.Option(help="Draw a picture into --output.", rich_help_panel=_WHERE)] = None
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Picture file: .png or .svg.", rich_help_panel=_WHERE)
    ] = None
    csv: Annotated[
        bool, typer.Option("--csv", metavar="", help="CSV on stdout, and nothing else there.", rich_help_panel=_WHERE)
    ] = False
    json: Annotated[
        bool,
        typer.Option("--json", metavar="", help="One JSON document on stdout.", rich_help_panel=_WHERE),
    ] = False
    schema: Annotated[
        bool, typer.Option("--schema", metavar="", help="Print the JSON schema of the records.", rich_help_panel=_WHERE)
    ] = False
    debug: Annotated[bool, typer.Option("--debug", metavar="", help="Show tracebacks.")] = False

    @property
    def lists(self) -> bool:
        """Whether interactions are asked for, by what they are or by an order."""
        return bool(self._given(*_FILTERS, *_ORDER))

    def check(self, runs: int) -> None:
        """Raises `UsageError` for options that do not go together, or that do not go with so many runs."""
        views = self._given(*_VIEWS)
        if len(views) > 1:
            raise UsageError(f"{views[0]} and {views[1]} are two views: ask for one at a time.")
        if len(ways := self._given("json", "csv", "html", "plot", "browse")) > 1:
            raise UsageError(f"{ways[0]} and {ways[1]} are two ways to show it: ask for one at a time.")
        if not runs and (of_a_run := self._given(*_OF_A_RUN, *sorted({*_FILTERS} - {"model"}))):
            raise UsageError(f"{of_a_run[0]} asks about a run: name it. List them: sandbox inspect")
        if runs:
            self._check_with_runs(runs, views)

    def _check_with_runs(self, runs: int, views: Sequence[str]) -> None:
        chosen = self._given(*_FILTERS, *_ORDER)
        if self.status:
            raise UsageError("--status chooses from the list of runs: name no run with it.")
        if self.prompts and not self.interaction:
            raise UsageError("--prompts shows the prompts of one interaction: name it with --interaction r003-a042.")
        if self.interaction and self.csv:
            raise UsageError("--interaction tells a story, which is no table: leave out --csv, or use --json.")
        if self.output and not self.plot:
            raise UsageError("--output is for a picture: say which with --plot.")
        if views and chosen:
            raise UsageError(f"{views[0]} shows all there is: leave out {chosen[0]}.")
        if runs > 1 and (one := self._given("interaction", "why", "map", "agent", "browse") or chosen):
            raise UsageError(f"{one[0]} looks into one run, and several are compared as wholes: name one.")

    def _given(self, *names: str) -> list[str]:
        """The flags of those options that were given."""
        given = (name for name in names if getattr(self, name) not in (None, False))
        return [flag_of(name) for name in given]
