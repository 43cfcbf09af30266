"""What a study will take: the sums over its cells of what is left of each. Asks nobody."""

from collections.abc import Sequence
from typing import NamedTuple

from sandbox.calls.forecast import Forecast, Range
from sandbox.studies.planning import PlannedCell


class Left(NamedTuple):
    """What cells take that are not done: tokens are None where no language model is asked, USD where not known."""

    cells: int
    calls: int
    prompt_tokens: Range | None
    completion_tokens: Range | None
    cost_usd: tuple[float, float] | None
    local_seconds: float


def left_of(planned: PlannedCell) -> Forecast:
    """What is left of one cell."""
    return planned.forecast.after(planned.made)


def calls_left(planned: PlannedCell) -> int:
    """Calls that are to be made for one cell, re-asks apart."""
    return 0 if planned.is_done else max(planned.forecast.all_calls - planned.made, 0)


def left(cells: Sequence[PlannedCell]) -> Left:
    """What is left of all of them."""
    due = [each for each in cells if not each.is_done]
    forecasts = [left_of(each) for each in due]
    costs = [each.cost_usd for each in forecasts]
    known = [cost for cost in costs if cost is not None]
    return Left(
        len(due),
        sum(map(calls_left, due)),
        _sum([each.prompt_tokens for each in forecasts]),
        _sum([each.completion_tokens for each in forecasts]),
        (sum(low for low, _ in known), sum(high for _, high in known)) if len(known) == len(costs) else None,
        sum(each.local_seconds for each in forecasts),
    )


def _sum(ranges: Sequence[Range | None]) -> Range | None:
    known = [each for each in ranges if each]
    return Range(sum(each.low for each in known), sum(each.high for each in known)) if known else None
