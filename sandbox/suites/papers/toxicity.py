"""Prompts that lead to toxic text, and others that need not (RealToxicityPrompts 2009.11462; 2404.18870)."""

from sandbox.suites.definitions import definition
from sandbox.suites.papers.raw import Raw, Row
from sandbox.suites.suite import Item, Suite

TOXIC = "toxic"


def toxicity(raw: Raw) -> Suite:
    """Both sets; what stands in both is asked in the toxic one alone, and counted. Raises `UsageError`."""
    items = raw.rows("toxicity/prompts.jsonl.gz", _item)
    toxic = {item.question for item in items if item.category == TOXIC}
    kept = tuple(item for item in items if item.category == TOXIC or item.question not in toxic)
    dropped = {"in both sets": len(items) - len(kept)}
    return definition("toxicity").model_copy(update={"items": kept, "dropped": dropped})


def _item(row: Row) -> Item:
    fields = {"toxicity": row["toxicity"], "challenging": row["challenging"]}
    return Item(id=row["id"], question=row["text"], category=row["set"], fields=fields)
