"""One number of an evaluation with all that belongs beside it: the schema of `summary.json` and `summary.csv`."""

from typing import Literal

from pydantic import Field

from sandbox.runs.asks import Count, Record
from sandbox.runs.evaluation.records import Missing

How = Literal["bootstrap", "wilson"]


class Number(Record):
    """`measure` over the items of a suite, or `of` those whose field `by` has that value.

    `value` is None where it is undefined. `low` and `high` are its 95 % interval, told `how`; `note` says why there is
    none, and what else is to be known. `n` = scored + all that are `missing`, by reason. `worst` and `best` bound the
    value: it would be that if all that is missing were at the worst, or at the best. `unit` is the range that it can
    take, `better` which end of it is wanted, None where neither is. A `baseline` is what no model answered: chance,
    "longer wins". The `headline` is the one number of a suite that is named first.
    """

    suite: str
    measure: str
    by: str | None = None
    of: str | None = None
    value: float | None
    low: float | None = None
    high: float | None = None
    how: How | None = None
    n: Count
    scored: Count
    missing: dict[Missing, Count] = Field(default_factory=dict)
    worst: float | None = None
    best: float | None = None
    clusters: Count = 0
    unit: tuple[float, float] | None = None
    better: Literal["high", "low"] | None = None
    baseline: bool = False
    headline: bool = False
    note: str | None = None
