"""Fewer items of a suite, drawn by the seed. Knows no file."""

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from sandbox.suites.suite import Item, Metric, Suite

# Their numbers are about items of a cluster together: both acts of a contrast pair, all countries of a question.
_TOGETHER: Final[frozenset[Metric]] = frozenset({"errors", "ranks"})


def limited(suite: Suite, most: int, seed: int) -> Suite:
    """`suite` with at most `most` items, in the order that they had.

    Items are drawn by seed and id alone, so that `hhh` and `hhh-adversarial` draw the same prompts. Where a number is
    about items of a cluster together, whole clusters are drawn: as many as fit, and of the first at least `most` items.
    """
    if most >= len(suite.items):
        return suite
    kept = set(_drawn(_units(suite), most, seed))
    return suite.model_copy(update={"items": tuple(item for item in suite.items if item.id in kept)})


def _units(suite: Suite) -> dict[str, list[Item]]:
    together = suite.metric in _TOGETHER
    units: dict[str, list[Item]] = defaultdict(list)
    for item in suite.items:
        units[(together and (item.cluster or item.template)) or item.id].append(item)
    return units


def _drawn(units: dict[str, list[Item]], most: int, seed: int) -> Sequence[str]:
    order = sorted(units, key=lambda name: sha256(f"{seed}/limit/{name}".encode()).digest())
    drawn = [item.id for item in units[order[0]]]
    for unit in (units[name] for name in order[1:]):
        if len(drawn) + len(unit) > most:
            break
        drawn += [item.id for item in unit]
    return drawn[:most]
