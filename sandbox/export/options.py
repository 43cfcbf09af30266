"""The options of `sandbox export`: what is made of which runs, where it goes, what is only checked. Knows no rule."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from sandbox.export.names import FORMATS, Format, Style

_ROWS: Final = "What the rows are"
_FILTERS: Final = "Filters (each says what it dropped)"
_SPLITS: Final = "How many, and in which split"
_CHECK: Final = "Check and publish"


def _panel(panel: str, text: str, metavar: str, *names: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        *names, help=text, metavar=metavar, show_default=False, rich_help_panel=panel
    )
    return option


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What was asked for. None and False ask for nothing, or for what the help text says."""

    format: Annotated[
        Format | None, typer.Option("--format", "-f", help=f"What it is for: {', '.join(FORMATS)}.", metavar="NAME")
    ] = None
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder to make; nothing is ever overwritten.", metavar="DIR")
    ] = None
    license: Annotated[
        str | None, typer.Option(help="Your licence for the data, such as cc-by-4.0 (default: other).", metavar="ID")
    ] = None
    runs: Annotated[Path, typer.Option(help="Folder of the runs.", envvar="SANDBOX_RUNS")] = Path("runs")
    style: Annotated[
        Style | None, _panel(_ROWS, "string or conversational: texts, or turns (default: string).", "NAME")
    ] = None
    mix: Annotated[
        str | None,
        _panel(_ROWS, "Imitation, self-critic and realignment rows in one file, in these proportions.", "5:1:1"),
    ] = None
    objective: Annotated[
        Literal["alignment", "engagement"] | None,
        _panel(_ROWS, "Rating that decides: alignment or engagement (default: alignment).", "NAME"),
    ] = None
    pairs: Annotated[
        Literal["both", "revision", "across"] | None,
        _panel(_ROWS, "Compare draft and revision, answers across agents, or both (default: both).", "NAME"),
    ] = None
    opponents: Annotated[
        int | None,
        typer.Option(
            min=1, max=100, help="Across agents: each answer meets so many next ones (default: 1).", metavar="INT",
            show_default=False, rich_help_panel=_ROWS,
        ),
    ] = None  # fmt: skip
    preference: Annotated[
        Literal["hard", "bradley-terry"] | None,
        _panel(_ROWS, "hard: the better rated is chosen; bradley-terry: drawn by the gap (default: hard).", "NAME"),
    ] = None
    threshold: Annotated[
        float | None, _panel(_ROWS, "kto: desirable is what is rated above it (default: 4).", "NUMBER")
    ] = None
    round: Annotated[str | None, _panel(_FILTERS, "Interactions of these rounds: 3, 3-5, 3-.", "SPAN")] = None
    label: Annotated[
        Literal["good", "bad", "none"] | None,
        _panel(_FILTERS, "Of good or of bad agents, or of those of none.", "NAME"),
    ] = None
    model: Annotated[str | None, _panel(_FILTERS, "Of agents that speak through it.", "NAME")] = None
    no_missing: Annotated[
        bool, _panel(_FILTERS, "Only whole interactions in which no rating is missing.", "", "--no-missing")
    ] = False
    no_cut: Annotated[
        bool, _panel(_FILTERS, "Only where neither draft nor revision was cut at the token limit.", "", "--no-cut")
    ] = False
    min_score: Annotated[
        float | None, _panel(_FILTERS, "Answers, or those chosen, rated at least so high.", "NUMBER")
    ] = None
    min_gap: Annotated[
        float | None,
        _panel(_FILTERS, "Pairs with ratings at least so far apart (default: 1; 0 if drawn).", "NUMBER"),
    ] = None
    min_length: Annotated[int | None, _panel(_FILTERS, "Answers of at least so many characters.", "INT")] = None
    keep_duplicates: Annotated[
        bool, _panel(_FILTERS, "Rows with the same prompt and answers, too.", "", "--keep-duplicates")
    ] = False
    near_duplicates: Annotated[
        float | None,
        _panel(
            _FILTERS, "Drop what is so similar, by embedding, to a row with the same prompt, such as 0.95.", "COSINE"
        ),
    ] = None
    embedder: Annotated[
        str | None, _panel(_FILTERS, "For --near-duplicates, as in simulate (default: all-MiniLM-L6-v2).", "NAME")
    ] = None
    max_rows: Annotated[
        int | None,
        typer.Option(
            min=1, help="At most so many rows of a part, drawn by --seed.", metavar="INT", show_default=False,
            rich_help_panel=_SPLITS,
        ),
    ] = None  # fmt: skip
    validation: Annotated[
        float | None, _panel(_SPLITS, "Share of the questions for validation, such as 0.05.", "SHARE")
    ] = None
    test: Annotated[float | None, _panel(_SPLITS, "Share of the questions for a test.", "SHARE")] = None
    seed: Annotated[
        int, typer.Option(min=0, help="Order, draws and splits follow from it.", rich_help_panel=_SPLITS)
    ] = 0
    check: Annotated[
        Path | None, _panel(_CHECK, "Only look at this dataset, ours or not: what would trainers do with it?", "DIR")
    ] = None
    for_: Annotated[
        str | None,
        _panel(
            _CHECK,
            "Trainers it is meant for: trl, llama-factory, axolotl (default: its manifest).",
            "NAME,...",
            "--for",
        ),
    ] = None
    max_length: Annotated[
        int | None,
        typer.Option(
            min=1, help="Tokens that a trainer takes of a row (default: 2048 for folders of ours, else 1024).",
            metavar="INT", show_default=False, rich_help_panel=_CHECK,
        ),
    ] = None  # fmt: skip
    push: Annotated[
        str | None,
        _panel(
            _CHECK,
            "Upload it, once checked, to this dataset of the Hugging Face hub (new ones are private).",
            "ORG/NAME",
        ),
    ] = None
    json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON document on stdout.")] = False
    debug: Annotated[bool, typer.Option("--debug", metavar="", help="Show tracebacks.")] = False

    def given(self) -> list[str]:
        """The names of those options that were given."""
        defaults = {name: field.default for name, field in type(self).__dataclass_fields__.items()}
        return [name for name, default in defaults.items() if getattr(self, name) != default]
