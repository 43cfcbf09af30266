"""The options of `sandbox export`: what is made of which runs, where it goes, what is only checked. Knows no rule.

Variables are `SANDBOX_EXPORT_<OPTION>`, but for those that all commands share (`sandbox/options/option.py`): the seed,
the threshold and the embedder of a society are not those of a training set.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

from annotated_doc import Doc
from annotated_types import Ge, Gt, Le, Lt

from sandbox.export.names import FORMATS, TRAINERS, Asked, Format, Style
from sandbox.options.config import EMBEDDERS
from sandbox.options.option import CommandForm, Metavar, Panel, Short, SuggestedSeveral, Wanted

_ROWS: Final = Panel("What the rows are")
_FILTERS: Final = Panel("Filters (each says what it dropped)")
_SPLITS: Final = Panel("How many, and in which split")
_CHECK: Final = Panel("Check and publish")
_RATING: Final = Wanted("a rating, from 1 to 7")
_Share = Annotated[float | None, Ge(0), Lt(1), Wanted("a share of the questions below 1, such as 0.05")]


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What was asked for. None and False ask for nothing, or for what the help text says."""

    form: ClassVar = CommandForm("SANDBOX_EXPORT_")

    format: Annotated[Format | None, Short("-f"), Doc(f"What it is for: {', '.join(FORMATS)}.")] = None
    out: Annotated[Path | None, Short("-o"), Metavar("DIR"), Doc("Folder to make; nothing is ever overwritten.")] = None
    license: Annotated[
        str | None, Metavar("ID"), Doc("Your licence for the data, such as cc-by-4.0 (default: other).")
    ] = None
    language: Annotated[
        str | None, Metavar("CODE,..."), Doc("Languages of the texts, such as en,de (default: of bundled sets en).")
    ] = None
    runs: Annotated[Path, Doc("Folder of the runs.")] = Path("runs")
    studies: Annotated[Path, Doc("Folder of the studies.")] = Path("studies")
    scores: Annotated[
        str | None, _ROWS, Metavar("NAME"), Doc("Scores of each run's rating of this name in the place of its own.")
    ] = None
    style: Annotated[
        Style | None,
        _ROWS,
        Doc("string or conversational: texts, or turns (default: string; of drafts, conversational)."),
    ] = None
    prompt: Annotated[
        Asked | None,
        _ROWS,
        Doc("What asks for an answer: the bare question, or what the society asks for a draft (default: question)."),
    ] = None
    mix: Annotated[
        str | None,
        _ROWS,
        Metavar("5:1:1"),
        Doc("Imitation, self-critic and realignment rows in one file, in these proportions."),
    ] = None
    objective: Annotated[
        Literal["alignment", "engagement"] | None,
        _ROWS,
        Doc("Rating that decides: alignment or engagement (default: alignment)."),
    ] = None
    pairs: Annotated[
        Literal["both", "revision", "across"] | None,
        _ROWS,
        Doc("Compare draft and revision, answers across agents, or both (default: both)."),
    ] = None
    opponents: Annotated[
        int | None, _ROWS, Ge(1), Le(100), Doc("Across agents: each answer meets so many next ones (default: 1).")
    ] = None
    preference: Annotated[
        Literal["hard", "bradley-terry"] | None,
        _ROWS,
        Doc("hard: the better rated is chosen; bradley-terry: drawn by the gap (default: hard)."),
    ] = None
    threshold: Annotated[
        float | None, _ROWS, Ge(1), Le(7), _RATING, Doc("kto: desirable is what is rated above it (default: 4).")
    ] = None
    round: Annotated[
        str | None, _FILTERS, Metavar("SPAN"), Doc("Interactions of these rounds: 3, 3-5 or 3:5, 3-, -5.")
    ] = None
    label: Annotated[
        Literal["good", "bad", "none"] | None, _FILTERS, Doc("Of good or of bad agents, or of those of none.")
    ] = None
    model: Annotated[str | None, _FILTERS, Metavar("NAME"), Doc("Of agents that speak through it.")] = None
    no_missing: Annotated[bool, _FILTERS, Doc("Only whole interactions in which no rating is missing.")] = False
    no_cut: Annotated[bool, _FILTERS, Doc("Only where neither draft nor revision was cut at the token limit.")] = False
    min_score: Annotated[
        float | None, _FILTERS, Ge(1), Le(7), _RATING, Doc("Answers, or those chosen, rated at least so high.")
    ] = None
    min_gap: Annotated[
        float | None,
        _FILTERS,
        Ge(0),
        Le(6),
        Wanted("a difference of two ratings, from 0 to 6"),
        Doc("Pairs with ratings at least so far apart (default: 1; 0 if drawn)."),
    ] = None
    min_length: Annotated[
        int | None,
        _FILTERS,
        Ge(1),
        Le(10**9),
        Wanted("a number of characters"),
        Doc("Answers of at least so many characters."),
    ] = None
    keep_duplicates: Annotated[bool, _FILTERS, Doc("Rows with the same prompt and answers, too.")] = False
    near_duplicates: Annotated[
        float | None,
        _FILTERS,
        Gt(0),
        Le(1),
        Wanted("a cosine above 0 and at most 1, such as 0.95"),
        Metavar("COSINE"),
        Doc("Drop what is so similar, by embedding, to a row with the same prompt, such as 0.95."),
    ] = None
    embedder: Annotated[
        str | None,
        _FILTERS,
        Metavar("NAME"),
        EMBEDDERS,
        Doc("For --near-duplicates, as in simulate (default: all-MiniLM-L6-v2)."),
    ] = None
    max_rows: Annotated[int | None, _SPLITS, Ge(1), Doc("At most so many rows of a part, drawn by --seed.")] = None
    validation: Annotated[
        _Share,
        _SPLITS,
        Metavar("SHARE"),
        Doc("Share of the questions for validation, such as 0.05."),
    ] = None
    test: Annotated[_Share, _SPLITS, Metavar("SHARE"), Doc("Share of the questions for a test.")] = None
    seed: Annotated[int, _SPLITS, Ge(0), Doc("Order, draws and splits follow from it.")] = 0
    check: Annotated[
        Path | None,
        _CHECK,
        Metavar("DIR"),
        Doc("Only look at this dataset, ours or not: what would trainers do with it?"),
    ] = None
    for_: Annotated[
        str | None,
        _CHECK,
        Metavar("NAME,..."),
        SuggestedSeveral(TRAINERS),
        Doc("Trainers it is meant for: trl, llama-factory, axolotl (default: its manifest)."),
    ] = None
    max_length: Annotated[
        int | None,
        _CHECK,
        Ge(1),
        Doc("Tokens that a trainer takes of a row (default: 2048 for folders of ours, else 1024)."),
    ] = None
    tokenizer: Annotated[
        str | None,
        _CHECK,
        Metavar("MODEL"),
        Doc("Count tokens as this model is asked: local, or a folder (default: estimated, four bytes each)."),
    ] = None
    push: Annotated[
        str | None,
        _CHECK,
        Metavar("ORG/NAME"),
        Doc("Upload it, once checked, to this dataset of the Hugging Face hub (new ones are private)."),
    ] = None
    json: Annotated[bool, Doc("One JSON document on stdout.")] = False
    debug: Annotated[bool, Doc("Show tracebacks.")] = False

    def given(self) -> list[str]:
        """The names of those options that were given."""
        defaults = {name: field.default for name, field in type(self).__dataclass_fields__.items()}
        return [name for name, default in defaults.items() if getattr(self, name) != default]
