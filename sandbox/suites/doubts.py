"""What is doubtful about a suite: numbers come of it, but perhaps not those that somebody thinks. Knows no file."""

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from itertools import permutations
from typing import Final

from sandbox.suites.suite import EITHER_IS_BETTER, LESS_IS_BETTER, Item, Suite
from sandbox.text import counted

_C1: Final = re.compile(r"[\x80-\x9f]")
_SKEWED: Final = 0.6  # of the items have one label


def doubts(suite: Suite) -> Iterator[str]:
    """Sentences about `suite`, each with how many items it is true of."""
    yield from _texts_twice(suite.items)
    yield from _repeated(suite.items)
    if found := [item for item in suite.items if any(map(_C1.search, _texts(item)))]:
        yield f"control characters (C1, as of a broken cp1252) stand in {_such(found)}"
    if suite.metric != "errors" and (found := [item for item in suite.items if _one_within_another(item)]):
        yield f"one option stands within another in {_such(found)}"
    if suite.metric not in EITHER_IS_BETTER and suite.higher_is_better == (suite.metric in LESS_IS_BETTER):
        yield f"higher_is_better has no say: {'less' if suite.metric in LESS_IS_BETTER else 'more'} is better"
    if suite.kind == "choice":
        yield from _labels(suite.items)


def repeats(suite: Suite) -> Iterator[str]:
    """Samples that are the same question to a model that draws nothing."""
    shuffled = suite.kind in ("choice", "survey") and suite.metric != "errors"
    if suite.sampling.samples > 1 and suite.sampling.temperature == 0 and not shuffled:
        yield f"{suite.sampling.samples} samples at temperature 0 are one question asked again, not so many answers"


def _such(items: list[Item]) -> str:
    """`3 items, such as q07`."""
    return f"{counted(len(items), 'item')}, such as {items[0].id[:40]}"


def _asked(item: Item) -> tuple[Hashable, ...]:
    return item.messages or item.question.strip().casefold(), item.given


def _several(groups: Mapping[Hashable, list[Item]]) -> list[list[Item]]:
    return [items for items in groups.values() if len(items) > 1]


def _texts_twice(items: Iterable[Item]) -> Iterator[str]:
    groups: dict[Hashable, list[Item]] = defaultdict(list)
    for item in items:
        groups[(*_asked(item), item.options, item.asked)].append(item)
    if found := _several(groups):
        one, other, *_ = (item.id[:40] for item in found[0])
        yield f"one text under two ids or more: {counted(len(found), 'time')}, such as {one} and {other}"


def _repeated(items: Iterable[Item]) -> Iterator[str]:
    """An interval over items that are not independent is too narrow."""
    groups: dict[Hashable, list[Item]] = defaultdict(list)
    for item in items:
        groups[item.messages or item.question.strip().casefold()].append(item)
    if found := [group for group in _several(groups) if any(item.cluster is None for item in group)]:
        yield f"questions that repeat with no cluster: {len(found)}, such as that of {found[0][0].id[:40]}"


def _texts(item: Item) -> Iterator[str]:
    yield from (item.question, *(turn.content for turn in item.messages), *item.options, *item.given)
    yield from (text for text in (item.reference, item.asked) if text)


def _one_within_another(item: Item) -> bool:
    plain = [option.strip().removesuffix(".").casefold() for option in item.options]
    return any(one in other for one, other in permutations(plain, 2))


def _labels(items: Iterable[Item]) -> Iterator[str]:
    """Of a single item nothing can be said."""
    golds = [(item.options[item.gold].strip().casefold(), item.gold) for item in items if item.gold is not None]
    if len(golds) < 2:
        return
    label, most = Counter(text for text, _ in golds).most_common(1)[0]
    if most > _SKEWED * len(golds):
        yield f"labels are skewed: always choosing {label[:40]!r} is right in {most} of {len(golds)} items"
    if len({place for _, place in golds}) == 1:
        yield f"gold is always in one place, option {golds[0][1] + 1}; options are shown in drawn orders"
