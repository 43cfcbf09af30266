"""Vicuna's 80 questions, ten of which have a reference (lm-sys/FastChat; used by 2305.16960)."""

from sandbox.suites.definitions import definition
from sandbox.suites.papers.raw import Raw, Row
from sandbox.suites.suite import Item, Suite


def vicuna(raw: Raw) -> Suite:
    """Every question once. Raises `UsageError` where the data is not there or not as published."""
    return definition("vicuna").model_copy(update={"items": tuple(raw.rows("vicuna/questions.jsonl", _item))})


def _item(row: Row) -> Item:
    return Item(id=str(row["id"]), question=row["question"], category=row["category"], reference=row["reference"])
