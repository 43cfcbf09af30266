"""What who never reads a question would score: chance, the longest option, an option with a negation.

Knows items, no answer. TruthfulQA's right options are longer and more often negated than its wrong ones.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from sandbox.scores.cases import baseline
from sandbox.scores.number import Number
from sandbox.suites.suite import Item, Suite

# "No, ..." at the start denies the question, and its wrong options do so more often than the right one.
_NEGATION: Final = re.compile(r"\bno\b(?!,)|\b(?:not|nothing|never)\b|n['\u2019]t\b", re.IGNORECASE)


def guesses(suite: Suite) -> Iterator[Number]:
    """The accuracy of each way to guess, over all items of the suite."""
    items = [each for each in suite.items if each.gold is not None and each.options]
    for name, score in (("chance", _chance), ("longest", _longest), ("with a negation", _negation)):
        yield baseline(suite, name, [score(each.options, _gold(each)) for each in items])


def _gold(item: Item) -> int:
    assert item.gold is not None
    return item.gold


def _chance(options: Sequence[str], gold: int) -> float:  # noqa: ARG001 - as the others
    return 1 / len(options)


def _longest(options: Sequence[str], gold: int) -> float:
    """Whether the right one is longer than every other."""
    return float(all(len(options[gold]) > len(each) for place, each in enumerate(options) if place != gold))


def _negation(options: Sequence[str], gold: int) -> float:
    """The chance of one drawn among those with a negation, or among all where none has one."""
    negated = [place for place, each in enumerate(options) if _NEGATION.search(each)]
    return _chance(options, gold) if not negated else (gold in negated) / len(negated)
