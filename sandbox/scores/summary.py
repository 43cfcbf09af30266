"""All numbers of an evaluation, in one order, and the files that they are kept in. Knows no formula and no terminal."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import orjson

from sandbox.runs.evaluation.records import AnyAnswer, Judgement
from sandbox.scores import (
    agreeability,
    choices,
    errors,
    leaks,
    mean_ranks,
    preference,
    ratings,
    similarity,
    toxicity,
)
from sandbox.scores.asked import Asked, asked
from sandbox.scores.cases import Outcome
from sandbox.scores.number import Number
from sandbox.sheet import Sheet
from sandbox.suites.suite import Metric, Suite
from sandbox.text import joined

SCHEMA: Final = 1


class Scoring(NamedTuple):
    """How a metric is worked out: its numbers, the headline first, and the outcome that evaluations are compared by."""

    numbers: Callable[[Suite, Sequence[Asked]], Iterator[Number]]
    outcome: Callable[[Suite, Sequence[Asked]], Outcome]


SCORINGS: Final[dict[Metric, Scoring]] = {
    "mean": Scoring(ratings.numbers, ratings.outcome),
    "preference": Scoring(preference.numbers, preference.outcome),
    "ranks": Scoring(mean_ranks.numbers, mean_ranks.outcome),
    "accuracy": Scoring(choices.numbers, choices.outcome),
    "errors": Scoring(errors.numbers, errors.outcome),
    "agreeability": Scoring(agreeability.numbers, agreeability.outcome),
    "leaks": Scoring(leaks.numbers, leaks.outcome),
    "toxicity": Scoring(toxicity.numbers, toxicity.outcome),
    "similarity": Scoring(similarity.numbers, similarity.outcome),
}


def summary(suites: Sequence[Suite], answers: Iterable[AnyAnswer], judgements: Iterable[Judgement]) -> list[Number]:
    """The numbers of `suites` by name, the headline of each first; the order of records does not matter.

    An evaluation may be under way: numbers are over what is there, and their notes say how much that is. Raises
    `SandboxError` for a record of an item that no suite has.
    """
    records = asked(suites, answers, judgements)
    by_name = {suite.name: suite for suite in sorted(suites, key=lambda suite: suite.name)}
    found: list[Number] = []
    for name, suite in by_name.items():
        found += _of_suite(suite, records.get(name, []))
        plain = by_name.get(ratings.PLAIN)
        if name == ratings.ADVERSARIAL and plain and ratings.rated_alike(plain, suite):
            found.append(ratings.drop((plain, records.get(plain.name, [])), (suite, records.get(name, []))))
    return found


def _of_suite(suite: Suite, samples: Sequence[Asked]) -> list[Number]:
    numbers = [*SCORINGS[suite.metric].numbers(suite, samples)]
    numbers[:1] = [each.model_copy(update={"headline": True}) for each in numbers[:1]]
    note = _so_far(suite, samples)
    return [each if each.baseline else each.model_copy(update={"note": joined(each.note, note)}) for each in numbers]


def _so_far(suite: Suite, samples: Iterable[Asked]) -> str | None:
    """What numbers are over while items are still to come, or where not all were stored."""
    reached = len({each.item.id for each in samples})
    return f"over {reached} of {len(suite.items)} items" if reached < len(suite.items) else None


def summary_json(numbers: Iterable[Number]) -> bytes:
    """`summary.json`: one document, with all digits."""
    document = {"schema": SCHEMA, "numbers": [each.model_dump(mode="json") for each in numbers]}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def summary_sheet(numbers: Iterable[Number]) -> Sheet:
    """`summary.csv` as a table: a row a number, with all digits; `missing` and `unit` in words."""
    columns = tuple(Number.model_fields)
    rows = [[_cell(value) for value in each.model_dump().values()] for each in numbers]
    return Sheet("Numbers", columns, rows, texts=frozenset(columns))


def _cell(value: object) -> str | int | float | None:
    if isinstance(value, dict):
        return ", ".join(f"{count} {reason}" for reason, count in value.items()) or None
    if isinstance(value, tuple):
        return " to ".join(map(str, value))
    assert value is None or isinstance(value, str | int | float)
    return value
