"""Which interactions, and which rows, go into a training set. Every one that does not is counted, with the reason."""

from collections.abc import Iterable, Iterator

from sandbox.export.account import INTERACTIONS, Account
from sandbox.export.duplicates import Embed, without_duplicates, without_near_duplicates
from sandbox.export.recipe import Recipe
from sandbox.export.rows import Spoken, TrainingRow


class Choice:
    """Says of an interaction whether it is chosen, and counts it.

    Nothing is trained on that was said to convince others of a wrong answer, nor on what those others made of it.
    """

    def __init__(self, recipe: Recipe, account: Account) -> None:
        self._recipe = recipe
        self._account = account

    def __call__(self, spoken: Spoken) -> bool:
        """Whether it passes; the first reason against it is counted."""
        persuaded = spoken.item.persuader is not None and self._recipe.format != "parquet"
        reason = "persuader" if persuaded else self._against(spoken)
        if reason:
            self._account.drop(INTERACTIONS, reason)
        else:
            self._account.keep(INTERACTIONS)
        return reason is None

    def _against(self, spoken: Spoken) -> str | None:
        item, recipe = spoken.item, self._recipe
        if recipe.rounds and not recipe.rounds.holds(item.round):
            return "other round"
        if recipe.label and recipe.label != (item.label or "none"):
            return "other label"
        if recipe.model and recipe.model != item.model:
            return "other model"
        if recipe.no_missing and (item.failed or item.missing_ratings):
            return "failed" if item.failed else "missing rating"
        if recipe.no_cut and "length" in (item.finish.draft, item.finish.revision):
            return "cut at the token limit"
        return None


def filtered(
    rows: Iterable[TrainingRow], recipe: Recipe, embed: Embed | None, account: Account
) -> Iterator[TrainingRow]:
    """Those rows of one question that are long enough and no duplicates, as far as `recipe` asks for that."""
    kept: Iterable[TrainingRow] = rows
    if recipe.min_length:
        kept = _long_enough(kept, recipe.min_length, account)
    if not recipe.keep_duplicates:
        kept = without_duplicates(kept, account)
    if recipe.near_duplicates is not None and embed:
        kept = without_near_duplicates(list(kept), recipe.near_duplicates, embed, account)
    yield from kept


def _long_enough(rows: Iterable[TrainingRow], least: int, account: Account) -> Iterator[TrainingRow]:
    for row in rows:
        if min(map(len, row.texts), default=0) < least:
            account.drop(row.kind, "too short")
        else:
            yield row
