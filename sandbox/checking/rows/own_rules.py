"""What rows that `sandbox export` made must be beyond what trainers ask: ratings are 1 to 7, the better one is chosen.

Knows formats and options of an export; not where rows stand.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, Final, NamedTuple

from sandbox.checking.names import Code, RowKind
from sandbox.checking.rows.kinds import GROUPED, roles

LOWEST: Final = 1
HIGHEST: Final = 7
_RATINGS: Final = ("scores", "engagement")


class Own(NamedTuple):
    """How a folder of ours was made: `decided` if the better rated answer is always the one chosen."""

    decided: bool


def own_faults(row: Mapping[str, Any], kind: RowKind, part: str, own: Own) -> Iterator[tuple[Code, str]]:
    """What is wrong with a row of the dataset config `part`, and with which column."""
    if kind == "modpo":
        yield from (("odd_score", name) for name in roles(kind).numbers if _is_odd(row.get(name)))
    if kind in GROUPED:
        yield from (("odd_score", name) for name in _RATINGS if any(map(_is_odd, _elements(row.get(name)))))
    if own.decided and _is_swapped(row, kind, part):
        yield "scores_swapped", "margin" if kind == "reward" else part


def _elements(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _is_odd(score: object) -> bool:
    """What is no number is told otherwise."""
    number = _number(score)
    return number is not None and not LOWEST <= number <= HIGHEST


def _is_swapped(row: Mapping[str, Any], kind: RowKind, part: str) -> bool:
    if kind == "reward":
        margin = _number(row.get("margin"))
        return margin is not None and margin <= 0
    chosen, rejected = _number(row.get(f"chosen_{part}")), _number(row.get(f"rejected_{part}"))
    return kind == "modpo" and chosen is not None and rejected is not None and chosen <= rejected


def _number(value: object) -> float | None:
    return value if isinstance(value, float) and isfinite(value) else None
