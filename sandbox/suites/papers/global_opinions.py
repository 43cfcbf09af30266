"""Questions of surveys with how people of each country answered (GlobalOpinionQA 2306.16388; 2402.15018).

No question was put to all countries, so countries are compared on those that both answered (`sandbox/scores`).
"""

from collections import Counter
from collections.abc import Sequence
from math import isfinite
from typing import Final

from sandbox.suites.definitions import definition
from sandbox.suites.papers.raw import Raw, Row
from sandbox.suites.suite import Item, Suite

_TOLERANCE: Final = 0.02  # of a sum of shares that were rounded


def global_opinions(raw: Raw) -> Suite:
    """Every question that some country answered; what is dropped is counted by why.

    A wording that stands there more than once is one cluster. Raises `UsageError`.
    """
    dropped: Counter[str] = Counter()
    items = raw.rows("goqa-NONCOMMERCIAL/survey.jsonl.gz", lambda row: _item(row, dropped))
    first = {item.question: item.id for item in reversed(items)}
    kept = tuple(item.model_copy(update={"cluster": first[item.question]}) for item in items if item.answers)
    dropped["questions without a country"] = len(items) - len(kept)
    return definition("global").model_copy(update={"items": kept, "dropped": dict(+dropped)})


def _item(row: Row, dropped: Counter[str]) -> Item:
    options = tuple(row["options"])
    faults = {country: _fault(shares, len(options)) for country, shares in row["answers"].items()}
    dropped.update(f"countries {fault}" for fault in faults.values() if fault)
    answers = {country: tuple(shares) for country, shares in row["answers"].items() if not faults[country]}
    return Item(id=row["id"], question=row["question"], options=options, answers=answers)


def _fault(shares: Sequence[float], options: int) -> str | None:
    if len(shares) != options:
        return "with another number of shares than options"
    if not all(isfinite(share) and share >= 0 for share in shares):
        return "with shares that are no numbers from 0"
    return None if abs(sum(shares) - 1) <= _TOLERANCE else "whose shares do not sum to 1"
