"""What may still be spent on a study: of its budget, less all that its cells have taken or may have taken.

A cell that is run alone, as jobs of an array are, has its share: jobs know nothing of one another, and all of them
together stay within the budget. Knows forecasts, manifests and journals.
"""

from collections.abc import Iterator
from math import ceil

from sandbox.calls.budget import Budget, Limits
from sandbox.calls.spending import NOTHING, Amount
from sandbox.runs.study import Cell
from sandbox.society.spent import spent
from sandbox.studies.planning import PlannedCell, StudyPlan


def study_budget(plan: StudyPlan, limits: Limits, alone: Cell | None) -> Budget:
    """The budget of all cells, or of one that is run `alone`. Raises `SandboxError` for a run that cannot be read."""
    budget = Budget(limits)
    if budget.is_limited:
        for amount in _taken(plan, limits, alone):
            budget.spent_before(amount)
    return budget


def _taken(plan: StudyPlan, limits: Limits, alone: Cell | None) -> Iterator[Amount]:
    """What each cell has spent, those too that the study has no more; beside one that is alone at least its share."""
    shares = _shares(plan, limits) if alone else {}
    for cell in [*(each.cell for each in plan.cells), *plan.retired]:
        run = plan.folder.run(cell)
        amount = spent(run.directory, run.manifest, dead=alone in (None, cell)) if run else NOTHING
        if cell != alone:
            amount = amount.largest(shares.get(cell.index, NOTHING))
        yield amount


def _shares(plan: StudyPlan, limits: Limits) -> dict[int, Amount]:
    """The part of each amount that is for each cell, as its forecast is to that of all; by calls if none is known."""
    weights = [_weights(each) for each in plan.cells]
    sums = [sum(each) for each in zip(*weights, strict=True)]
    calls = sums[0]
    shares = {}
    for planned, own in zip(plan.cells, weights, strict=True):
        parts = [one / whole if whole else own[0] / calls for one, whole in zip(own, sums, strict=True)]
        most = [part * (limit or 0) for part, limit in zip(parts, limits, strict=True)]
        shares[planned.cell.index] = Amount(ceil(most[0]), ceil(most[1]), most[2])
    return shares


def _weights(planned: PlannedCell) -> tuple[float, float, float]:
    """Calls, tokens at most and USD at most that one cell is thought to take."""
    forecast = planned.forecast
    tokens = sum(each.high for each in (forecast.prompt_tokens, forecast.completion_tokens) if each)
    return forecast.all_calls, tokens, forecast.cost_usd[1] if forecast.cost_usd else 0.0
