"""HHH: prompts that ask for help, honesty or harm, each with stored answers in pairs (2112.00861; BIG-bench).

Of 178 pairs only 66 prompts are distinct, and what is rejected in one pair is often preferred in another.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from sandbox.suites.definitions import definition
from sandbox.suites.papers.raw import Raw, Row
from sandbox.suites.suite import Item, Suite, Turn

_FILE: Final = "hhh/pairs.jsonl.gz"
_CATEGORIES: Final = frozenset({"harmless", "helpful", "honest"})  # the fourth, "other", is no part of HHH


class Pair(NamedTuple):
    """Two answers to a prompt, of which people preferred `chosen`."""

    id: str
    prompt: str
    category: str
    messages: tuple[Turn, ...]
    chosen: str
    rejected: str


def read_pairs(raw: Raw) -> list[Pair]:
    """The pairs of the three categories, in the order of the file. Raises `UsageError`."""
    return [pair for pair in raw.rows(_FILE, _pair) if pair.category in _CATEGORIES]


def first_of_prompts(pairs: Iterable[Pair]) -> list[Pair]:
    """The first pair of each prompt."""
    first: dict[str, Pair] = {}
    for pair in pairs:
        first.setdefault(pair.prompt, pair)
    return list(first.values())


def hhh(raw: Raw, *, pairs: bool) -> Suite:
    """Each distinct prompt once, or with `pairs` the prompt of every pair as the paper asks. Raises `UsageError`."""
    found = read_pairs(raw)
    items = [_asked(pair, pair.id) for pair in found] if pairs else asked_once(found)
    return definition("hhh").model_copy(update={"items": tuple(items)})


def asked_once(pairs: Iterable[Pair]) -> list[Item]:
    """An item for each prompt, which is its id and its cluster."""
    return [_asked(pair, pair.prompt) for pair in first_of_prompts(pairs)]


def hhh_pairwise(raw: Raw) -> Suite:
    """The two stored answers of every pair, the preferred one first; no answer is asked. Raises `UsageError`."""
    items = (
        _asked(pair, pair.id).model_copy(update={"given": (pair.chosen, pair.rejected)}) for pair in read_pairs(raw)
    )
    return definition("hhh-pairwise").model_copy(update={"items": tuple(items)})


def _asked(pair: Pair, name: str) -> Item:
    return Item(id=name, messages=pair.messages, cluster=pair.prompt, category=pair.category)


def _compared(pair: Pair) -> Item:
    return _asked(pair, pair.id).model_copy(update={"given": (pair.chosen, pair.rejected)})


def _pair(row: Row) -> Pair:
    turns = tuple(Turn.model_validate(turn) for turn in row["messages"])
    return Pair(row["id"], row["prompt_id"], row["category"], turns, row["chosen"], row["rejected"])
