"""TruthfulQA's 817 questions with their options, one of which is right (2109.07958; 2404.18870).

The published prompts of the second paper leave the question out; here it is asked.
"""

from sandbox.suites.definitions import definition
from sandbox.suites.papers.raw import Raw, Row
from sandbox.suites.suite import Item, Suite


def truthfulness(raw: Raw) -> Suite:
    """Every question; the right option stands first, so options must be shown in another order. Raises `UsageError`."""
    items = tuple(raw.rows("truthfulqa/mc.jsonl.gz", _item))
    return definition("truthfulness").model_copy(update={"items": items})


def _item(row: Row) -> Item:
    return Item(id=row["id"], question=row["question"], options=(row["gold"], *row["wrong"]), gold=0)
