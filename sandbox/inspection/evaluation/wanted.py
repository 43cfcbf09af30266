"""Which answers are wanted, and in what order. Knows what answers came to, no terminal and no options."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.inspection.evaluation.asked import Asked

_LOG: Final = "item"
_ORDERS: Final[dict[str, Callable[[Asked], Any]]] = {
    "category": lambda each: each.answer.category,
    "rating": lambda each: each.goodness,
}
SORTS: Final = (_LOG, *_ORDERS)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Answers of a suite, of a suite or category called `label`, that hold a text, lack something, failed; None: any.

    `by` is one of `SORTS`: as in the log, by category, or by rating, the best first. `reverse` turns it round; what
    has no category, or no rating, is last either way.
    """

    suite: str | None = None
    label: str | None = None
    search: str | None = None
    missing: bool = False
    failed: bool = False
    by: str = _LOG
    reverse: bool = False

    def of(self, rows: Iterable[Asked]) -> list[Asked]:
        """Those of `rows`, in order."""
        found = [each for each in rows if self._fits(each)]
        if self.by == _LOG:
            return found[::-1] if self.reverse else found
        key = _ORDERS[self.by]
        known = [each for each in found if key(each) is not None]
        known.sort(key=key, reverse=self.reverse != (self.by == "rating"))
        return [*known, *(each for each in found if key(each) is None)]

    def words(self) -> str:
        """`missing, by rating, reversed`."""
        searched = f"with {self.search!r}" if self.search else ""
        only = (searched, "missing" * self.missing, "failed" * self.failed)
        return ", ".join(filter(None, (*only, f"by {self.by}", "reversed" * self.reverse)))

    def _fits(self, each: Asked) -> bool:
        return (
            self.suite in (None, each.suite.name)
            and self.label in (None, each.suite.name, each.answer.category)
            and (not self.missing or each.missing is not None)
            and (not self.failed or each.answer.failed is not None)
            and (self.search is None or each.holds(self.search))
        )


def labels_of(rows: Sequence[Asked]) -> list[str]:
    """The suites and categories that there are."""
    return sorted({name for each in rows for name in (each.suite.name, each.answer.category) if name})
