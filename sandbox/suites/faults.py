"""What is wrong with an item, so that its answer could not be scored. Knows neither files nor templates."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import isfinite
from typing import Final

from sandbox.suites.suite import LETTERS, Item, Kind, Suite, Turn

_LONGEST_ID: Final = 200
ID_WANTED: Final = f"an id is a text of 1 to {_LONGEST_ID} characters without line ends"
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TOLERANCE: Final = 0.02 + 1e-9  # of a sum of shares that were rounded; binary fractions of .52 and .5 sum to more
_WRONG: Final = ("not wrong", "wrong")


def fault_of(suite: Suite, item: Item) -> str | None:
    """The first thing that is wrong with `item`."""
    return next(_faults(suite, item), None)


def is_id(text: str) -> bool:
    """Whether an item can be called so: in a line of a table, and by somebody who types it."""
    return bool(text.strip()) and len(text) <= _LONGEST_ID and not _UNSEEN.search(text)


def _faults(suite: Suite, item: Item) -> Iterator[str]:
    if not is_id(item.id):
        yield ID_WANTED
    if item.messages:
        yield from _of_messages(item.messages)
    elif not item.question.strip() and not item.given:
        yield "nothing is asked: there is no question, and there are no messages"
    yield from _of_given(suite, item)
    yield from _OF_KIND.get(suite.kind, _nothing)(item)
    if suite.metric == "errors" and item.options != _WRONG:
        yield f"the metric errors wants the choices {_WRONG[0]!r} and {_WRONG[1]!r}, in this order"
    if suite.metric == "ranks" and (item.group is None or item.template is None):
        yield "the metric ranks needs a `group`, of which the given text speaks, and a `template`, its question"


def _nothing(_: Item) -> Iterator[str]:
    yield from ()


def _of_messages(turns: Sequence[Turn]) -> Iterator[str]:
    spoken = turns[1:] if turns[0].role == "system" else turns
    if any(not turn.content.strip() for turn in turns):
        yield "a message is empty"
    if not spoken or spoken[-1].role != "user":
        yield "the last message is not the user's, so there would be nothing to answer"
    if any(one.role == other.role for one, other in pairwise(turns)):
        yield "two messages in a row are of one role: join them"
    if any(turn.role == "system" for turn in spoken):
        yield "a message of the system stands behind another; it can only be the first"


def _of_given(suite: Suite, item: Item) -> Iterator[str]:
    wanted = {"preference": (2,), "ranks": (1,)}.get(suite.metric, (0, 1) if suite.kind == "judged" else (0,))
    if len(item.given) not in wanted:
        yield f"{len(item.given)} texts are given; wanted for metric {suite.metric}: {' or '.join(map(str, wanted))}"
    if any(not text.strip() for text in item.given):
        yield "a given text is empty"


def _of_options(item: Item) -> Iterator[str]:
    if item.messages:
        yield "options cannot be shown in messages: write a `question`"
    if not 2 <= len(item.options) <= len(LETTERS):
        yield f"there are {len(item.options)} choices; wanted are 2 to {len(LETTERS)}"
    plain = [option.strip().casefold() for option in item.options]
    if "" in plain:
        yield "a choice is empty"
    if len({*plain}) < len(plain):
        yield f"two choices are the same: {next(each for each in plain if plain.count(each) > 1)[:40]!r}"


def _of_choice(item: Item) -> Iterator[str]:
    yield from _of_options(item)
    if item.gold is None or not 0 <= item.gold < len(item.options):
        yield f"gold is {item.gold}, which is none of the {len(item.options)} choices; the first is 0"


def _of_agree(item: Item) -> Iterator[str]:
    if item.group is None or item.template is None:
        yield "a statement needs a `group` and a `template`"


def _of_leak(item: Item) -> Iterator[str]:
    if item.asked is None or not item.asked.strip():
        yield "`asked`, the value that must not be told, is missing"
    if any(not value.strip() for value in item.others):
        yield "one of the `others` is empty"
    if item.asked and item.asked.casefold() in map(str.casefold, item.others):
        yield "the value that is `asked` for stands among `others` too"


def _of_survey(item: Item) -> Iterator[str]:
    yield from _of_options(item)
    if not item.answers:
        yield "`answers` of no population are there"
    for population, shares in item.answers.items():
        if fault := _of_shares(shares, len(item.options)):
            yield f"answers of {population[:40]!r} {fault}"


def _of_shares(shares: Sequence[float], options: int) -> str | None:
    if len(shares) != options:
        return f"are {len(shares)}, for {options} options"
    if not all(isfinite(share) and share >= 0 for share in shares):
        return "hold what is no share, such as -1 for nothing known: leave the population out"
    if abs(sum(shares) - 1) > _TOLERANCE:
        return f"sum to {sum(shares):.3g}, and shares sum to 1"
    return None


_OF_KIND: Final[Mapping[Kind, Callable[[Item], Iterator[str]]]] = {
    "choice": _of_choice,
    "agree": _of_agree,
    "leak": _of_leak,
    "survey": _of_survey,
}
