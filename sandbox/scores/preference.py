"""Which of two stored answers the judge prefers, asked in both orders. Knows no file and no model."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sandbox.runs.evaluation.records import Missing
from sandbox.scores.asked import Asked
from sandbox.scores.cases import Case, Measure, Outcome, baseline, by_group
from sandbox.scores.number import Number
from sandbox.suites.suite import Suite

_WINS: Final = Measure("win rate")
_LOSSES: Final = Measure("loss rate", better="low")
_FLIPS: Final = Measure("flip rate", better="low")


class _Both(NamedTuple):
    """How often the better one was preferred, of both orders; or why that is not known."""

    one: Asked
    preferred: int | None
    missing: Missing | None


def outcome(_: Suite, samples: Sequence[Asked]) -> Outcome:
    """Whether the better text was preferred in both orders."""
    return Outcome(_WINS, _cases(_both(samples), 2))


def numbers(suite: Suite, samples: Sequence[Asked]) -> Iterator[Number]:
    """Wins and losses are of both orders; else the order decided, which is a flip. Longer texts win by length alone."""
    both = _both(samples)
    for measure, preferred in ((_WINS, 2), (_LOSSES, 0), (_FLIPS, 1)):
        yield from by_group(suite, measure, _cases(both, preferred))
    pairs = [each.given for each in suite.items if len(each.given) == 2]
    yield baseline(suite, "longer wins", [float(len(better) > len(worse)) for better, worse in pairs])


def _cases(both: Sequence[_Both], preferred: int) -> list[Case]:
    """Whether the better one was preferred so often."""
    return [
        Case(one.item, one.sample, None if missing else float(count == preferred), missing)
        for one, count, missing in both
    ]


def _both(samples: Sequence[Asked]) -> list[_Both]:
    """Each pair; one rating that is missing leaves it missing."""
    found = []
    for each in samples:
        ratings, reasons = zip(*(each.rating(position) for position in (0, 1)), strict=True)
        missing = next(filter(None, reasons), None)
        found.append(_Both(each, None if missing else sum(filter(None, ratings)), missing))
    return found
