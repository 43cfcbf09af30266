"""Rows for kto: single answers, desirable or not by their rating. Knows answers; not the order of rows."""

from collections.abc import Iterable, Iterator

from sandbox.export.account import Account
from sandbox.export.recipe import Recipe
from sandbox.export.rows import Spoken, TrainingRow
from sandbox.export.wording import answered

KTO = "kto"


def unpaired_rows(spoken: Iterable[Spoken], recipe: Recipe, account: Account) -> Iterator[TrainingRow]:
    """Answers rated above the threshold are desirable, those below are not; those on it are left out."""
    for each in spoken:
        for answer in each.answers():
            score = answer.rated(recipe.objective)
            if score is None:
                account.drop(KTO, "no rating")
            elif score == recipe.threshold:
                account.drop(KTO, "on the threshold")
            else:
                label = score > recipe.threshold
                values = {
                    "prompt": answer.task.prompt(recipe.style),
                    "completion": answered(answer.text, recipe.style),
                    "label": label,
                }
                yield TrainingRow(KTO, answer.task.text(), (answer.text,), values, (answer.source,), label=label)
