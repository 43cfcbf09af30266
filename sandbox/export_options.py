"""The options of `sandbox export`: what is made of which runs, where it goes, what is only checked. Knows no run."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from sandbox.errors import UsageError
from sandbox.export.names import FORMATS, Format, Style

if TYPE_CHECKING:
    from sandbox.export.recipe import Recipe

_ROWS: Final = "What the rows are"
_FILTERS: Final = "Filters (each says what it dropped)"
_SPLITS: Final = "How many, and in which split"
_CHECK: Final = "Check and publish"

_KINDS: Final = frozenset({"stable-alignment", "alpaca", "sft"})
_PAIRS: Final = frozenset({"dpo", "reward", "modpo"})
_TRAINING: Final = frozenset(FORMATS) - {"parquet"}
# Which formats an option has a meaning for, where it is not all of them.
_MEANT_FOR: Final[Mapping[str, Collection[str]]] = {
    "style": _PAIRS | {"sft", "kto"},
    "mix": _KINDS,
    "objective": {"dpo", "reward", "kto"},
    "pairs": _PAIRS,
    "opponents": _PAIRS,
    "min_gap": _PAIRS,
    "preference": _PAIRS,
    "threshold": {"kto"},
    "min_score": _KINDS | _PAIRS,
    "min_length": _TRAINING,
    "keep_duplicates": _TRAINING,
    "near_duplicates": _TRAINING,
    "embedder": _TRAINING,
}
_CHECKING: Final = ("check", "for_", "max_length", "push", "json", "debug")
_MIX: Final = re.compile(r"(\d{1,6}):(\d{1,6}):(\d{1,6})")
_LICENSE: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}")


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
            min=1, max=1000, help="Across agents: answers that each one meets (default: 1).", metavar="INT",
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
        float | None, _panel(_FILTERS, "Pairs whose ratings lie at least so far apart (default: 1).", "NUMBER")
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
        int | None, _panel(_CHECK, "Tokens that a trainer takes of a row (default: 1024).", "INT")
    ] = None
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

    def check_all(self, runs: int) -> None:
        """Raises `UsageError` for options that do not go together, or that do not go with so many runs."""
        if self.check:
            self._check_a_check(runs)
        elif not runs:
            raise UsageError("Which runs? Name some, or a folder to --check.\nList runs: sandbox inspect")
        elif self.format is None or self.out is None:
            missing = f"--format says what it is for: {', '.join(FORMATS)}" if self.out else "--out names the folder"
            raise UsageError(f"{missing}.\nTry: sandbox export RUN --format dpo --out DIR")
        for name in self._given():
            if self.format and self.format not in _MEANT_FOR.get(name, FORMATS):
                meant = _listed(_MEANT_FOR[name])
                raise UsageError(f"{_flag(name)} means nothing for {self.format}: it is for {meant}.")

    def _check_a_check(self, runs: int) -> None:
        if others := [name for name in self._given() if name not in (*_CHECKING, "runs")]:
            raise UsageError(f"--check looks at a folder as it is: leave out {_flag(others[0])}.")
        if runs:
            raise UsageError("--check takes a folder and no run.\nTry: sandbox export --check DIR")

    def recipe(self) -> "Recipe":
        """What the options ask for, with their defaults. Raises `UsageError` for values that cannot be."""
        from sandbox.export.recipe import Recipe
        from sandbox.span import Span

        assert self.format
        self._check_values()
        flat = self.format == "parquet"
        given = {name: getattr(self, name) for name in Recipe.__dataclass_fields__ if name in self._given()}
        given |= {"rounds": Span.parse(self.round) if self.round else None, "mix": self._weights()}
        if self.near_duplicates is not None:
            given["embedder"] = self.embedder or "all-MiniLM-L6-v2"
        return Recipe(**{"keep_duplicates": flat, **given})

    def _check_values(self) -> None:
        shares = (self.validation or 0.0, self.test or 0.0)
        if min(shares) < 0 or sum(shares) >= 1:
            raise UsageError("--validation and --test are shares of the questions, below 1 together, such as 0.05.")
        if self.near_duplicates is not None and not 0 < self.near_duplicates <= 1:
            raise UsageError("--near-duplicates is a cosine above 0, and 1 at most, such as 0.95.")
        if self.embedder and self.near_duplicates is None:
            raise UsageError("--embedder is for --near-duplicates: say how similar, such as 0.95.")
        if self.license and not _LICENSE.fullmatch(self.license):
            raise UsageError(f"--license {self.license!r} is no id of a licence, such as cc-by-4.0 or apache-2.0.")
        for name in ("min_score", "min_gap", "threshold", "min_length"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1_000_000:
                raise UsageError(f"{_flag(name)} {value:g}: a rating is 1 to 7, and nothing here is below 0.")

    def _weights(self) -> tuple[int, int, int] | None:
        if self.mix is None:
            return None
        found = _MIX.fullmatch(self.mix.strip())
        weights = tuple(map(int, found.groups())) if found else (0, 0, 0)
        if not any(weights):
            raise UsageError(f"--mix {self.mix}: wanted are weights of imitation, self-critic, realignment: 5:1:1.")
        return weights[0], weights[1], weights[2]

    def _given(self) -> list[str]:
        """The names of those options that were given."""
        defaults = {name: field.default for name, field in type(self).__dataclass_fields__.items()}
        return [name for name, default in defaults.items() if getattr(self, name) != default]


def _flag(name: str) -> str:
    return f"--{name.rstrip('_').replace('_', '-')}"


def _listed(formats: Collection[str]) -> str:
    return ", ".join(name for name in FORMATS if name in formats)
