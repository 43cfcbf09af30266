"""What each format is made of: its kinds of rows, its parts, and what makes its rows. Knows all of them by name."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from agents.protocol import DIMENSIONS
from sandbox.export.account import INTERACTIONS, Account
from sandbox.export.flat import flat_rows
from sandbox.export.kinds import kind_rows
from sandbox.export.names import OF_KINDS
from sandbox.export.pairs import Agreement, objective_rows, pair_rows
from sandbox.export.recipe import KINDS, Recipe
from sandbox.export.rows import Spoken, TrainingRow
from sandbox.export.unpaired import unpaired_rows

MIXED: Final = "mixed"


def parts(recipe: Recipe) -> Mapping[str, Sequence[str]]:
    """The kinds of rows in each part of an exported folder."""
    if recipe.format in OF_KINDS:
        if recipe.mix is None:
            return {kind: [kind] for kind in KINDS}
        return {MIXED: [kind for kind, weight in zip(KINDS, recipe.mix, strict=True) if weight]}
    if recipe.format == "modpo":
        return {objective: [objective] for objective in DIMENSIONS}
    name = INTERACTIONS if recipe.format == "parquet" else recipe.format
    return {name: [name]}


def kinds_of(recipe: Recipe) -> list[str]:
    """The kinds of rows in all parts."""
    return [kind for kinds in parts(recipe).values() for kind in kinds]


def rows_of(
    spoken: Iterable[Spoken], recipe: Recipe, account: Account, agreement: Agreement, rare: Collection[str]
) -> Iterator[TrainingRow]:
    """The rows that the interactions about one question give; `rare` are the fields that only some of all have."""
    match recipe.format:
        case "stable-alignment" | "alpaca" | "sft":
            return kind_rows(spoken, recipe, account)
        case "dpo" | "reward":
            return pair_rows(spoken, recipe, account)
        case "modpo":
            return objective_rows(spoken, recipe, account, agreement)
        case "kto":
            return unpaired_rows(spoken, recipe, account)
        case "parquet":
            return flat_rows(spoken, rare)
