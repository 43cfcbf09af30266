"""What was asked of a suite so far: each sample of an item with its answer and its judgements. Knows no number."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sandbox.errors import SandboxError
from sandbox.runs.evaluation.records import AnyAnswer, Judgement, Missing
from sandbox.suites.suite import Item, Suite


class Asked(NamedTuple):
    """One sample of `item`. There is no `answer` where texts were given; `judgements` are by position."""

    item: Item
    sample: int
    answer: AnyAnswer | None
    judgements: dict[int | None, Judgement]

    def rating(self, position: int | None = None) -> tuple[int | None, Missing | None]:
        """The judge's rating, or why there is none; neither where it was not judged yet.

        An answer that was not obtained needs no judge: its reason is that of the rating.
        """
        if found := self.judgements.get(position):
            return found.rating, found.missing
        return None, self.answer.missing if self.answer else None


def asked(
    suites: Sequence[Suite], answers: Iterable[AnyAnswer], judgements: Iterable[Judgement]
) -> dict[str, list[Asked]]:
    """By the name of each suite, in order of its items; without those that wait for their judge.

    Raises `SandboxError` for an item that no suite has, and for a rating off its scale.
    """
    by_name, judgements = {suite.name: suite for suite in suites}, list(judgements)
    answered = {(each.suite, each.item, each.sample): each for each in answers}
    judged: dict[tuple[str, str, int], dict[int | None, Judgement]] = {}
    for each in judgements:
        judged.setdefault((each.suite, each.item, each.sample), {})[each.position] = each
    found: dict[str, list[Asked]] = {}
    places = {(suite.name, item.id): (number, item) for suite in suites for number, item in enumerate(suite.items)}
    if unknown := next((key for key in (*answered, *judged) if key[:2] not in places), None):
        raise SandboxError(f"Item {unknown[1]!r} was answered or judged, but suite {unknown[0]!r} has no such item.")
    if off := next((each for each in judgements if _is_off_scale(by_name[each.suite], each)), None):
        raise SandboxError(f"The rating of item {off.item!r} of suite {off.suite!r} is off its scale.")
    for key in sorted(answered | judged, key=lambda key: (key[0], places[key[:2]][0], key[2])):
        item = places[key[:2]][1]
        found.setdefault(key[0], []).append(Asked(item, key[2], answered.get(key), judged.get(key, {})))
    return {suite.name: [each for each in found.get(suite.name, []) if not _waits(suite, each)] for suite in suites}


def _is_off_scale(suite: Suite, judgement: Judgement) -> bool:
    """Of two texts, 1 is for the better one."""
    if judgement.rating is None or suite.judge is None:
        return judgement.rating is not None
    low, high = (0, 1) if suite.judge.pairs else suite.judge.scale
    return not low <= judgement.rating <= high


def _waits(suite: Suite, one: Asked) -> bool:
    """Whether it was answered, but is not judged in every order yet."""
    orders = () if suite.judge is None else (0, 1) if suite.judge.pairs else (None,)
    return any(one.rating(order) == (None, None) for order in orders)


def whole_items(suite: Suite, samples: Iterable[Asked]) -> list[list[Asked]]:
    """The samples of each item of which all that the suite asks for are there: what is over samples needs them all."""
    return [item for item in _by_item(samples) if len(item) >= suite.sampling.samples]


def left_out(suite: Suite, samples: Iterable[Asked]) -> str | None:
    """How many items are not whole, as where stored answers are judged that lack some, or others are still to come."""
    items = _by_item(samples)
    fewer = sum(len(item) < suite.sampling.samples for item in items)
    return f"{fewer} of {len(items)} items have fewer samples and are left out" if fewer else None


def _by_item(samples: Iterable[Asked]) -> list[list[Asked]]:
    found: dict[str, list[Asked]] = {}
    for each in samples:
        found.setdefault(each.item.id, []).append(each)
    return [*found.values()]
