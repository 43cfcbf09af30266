"""The options of `sandbox inspect`: what is looked at, which interactions, and where it goes. Knows no run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

PlotKind = Literal["pareto", "rounds", "grid"]
_WHICH: Final = "Which interactions (any of these lists them)"
_WHAT: Final = "What of a run"
_WHERE: Final = "How it is shown"


@dataclass(frozen=True, kw_only=True)
class View:
    """What was asked for. None and False ask for nothing."""

    runs: Annotated[Path, typer.Option(help="Folder of the runs.", envvar="SANDBOX_RUNS")] = Path("runs")
    status: Annotated[
        str | None,
        typer.Option(help="List of runs: only those that are complete, running, stopped ...", metavar="NAME"),
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
            help="Interactions by round, agent, gain, engagement-gain, alignment, engagement, disagreement, missing or "
            "similarity, largest first; runs by created, alignment, cost or size.",
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
    def chooses(self) -> bool:
        """Whether interactions are asked for by what they are."""
        return self.model is not None or self._looks_into_a_run()

    @property
    def needs_a_run(self) -> bool:
        """Whether something of a run is asked for; the list of runs takes `model` too."""
        one = (self.interaction, self.agent, self.map, self.html, self.plot)
        return self.why or self._looks_into_a_run() or any(each is not None for each in one)

    def _looks_into_a_run(self) -> bool:
        named = (self.round, self.label, self.search, self.min_gain, self.max_gain, self.min_disagreement)
        return self.interactions or self.missing or self.failed or any(each is not None for each in named)
