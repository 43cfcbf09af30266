"""`sandbox study run --dry-run` for people and for programs: what each cell will take, and all of them."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sandbox.figures.study.sheets import beside
from sandbox.inspection.output import Answer, Shown
from sandbox.sheet import Cell as Value
from sandbox.sheet import Sheet
from sandbox.studies.forecast import Left, calls_left, left, left_of
from sandbox.studies.options import StudyOptions
from sandbox.studies.planning import PlannedCell, StudyPlan, missing_keys
from sandbox.terminal import plain
from sandbox.text import counted, duration, money, written

AMOUNTS: Final = ("usd", "tokens", "calls")


def forecast_answer(plan: StudyPlan, cells: Sequence[PlannedCell], options: StudyOptions) -> Answer:
    """What `cells` of `plan` will take, each and all of them, and which are done."""
    return Answer(
        sheets=lambda: [_cells_sheet(cells)],
        document=lambda: _document(plan, cells, options),
        shown=lambda: _shown(plan, cells, options),
    )


def _document(plan: StudyPlan, cells: Sequence[PlannedCell], options: StudyOptions) -> dict[str, Any]:
    return {
        "event": "forecast",
        "study": plan.file.name,
        "path": str(plan.folder.path),
        "cells": [_cell_document(each) for each in cells],
        "retired": [each.model_dump(mode="json") for each in plan.retired],
        "left": _left_document(left(cells)),
        "budget": {name: getattr(options, f"budget_{name}") for name in AMOUNTS},
        "missing_keys": missing_keys(cells),
    }


def _cell_document(planned: PlannedCell) -> dict[str, Any]:
    expected = left_of(planned)
    return {
        **planned.cell.model_dump(mode="json", exclude={"retired"}),
        "done": planned.is_done,
        "calls": planned.forecast.all_calls,
        "calls_done": planned.made,
        "prompt_tokens": expected.prompt_tokens and expected.prompt_tokens._asdict(),
        "completion_tokens": expected.completion_tokens and expected.completion_tokens._asdict(),
        "cost_usd": expected.cost_usd and dict(zip(("low", "high"), expected.cost_usd, strict=True)),
    }


def _left_document(all_left: Left) -> dict[str, Any]:
    return {
        **all_left._asdict(),
        "prompt_tokens": all_left.prompt_tokens and all_left.prompt_tokens._asdict(),
        "completion_tokens": all_left.completion_tokens and all_left.completion_tokens._asdict(),
        "cost_usd": all_left.cost_usd and dict(zip(("low", "high"), all_left.cost_usd, strict=True)),
    }


def _shown(plan: StudyPlan, cells: Sequence[PlannedCell], options: StudyOptions) -> Iterator[Shown]:
    yield plain("\n".join(_sentences(plan, cells, options)))
    yield _cells_sheet(cells)


def _sentences(plan: StudyPlan, cells: Sequence[PlannedCell], options: StudyOptions) -> Iterator[str]:
    all_left = left(cells)
    done = len(cells) - all_left.cells
    of = f"{counted(all_left.cells, 'cell')} of {len(cells)} are left" if done else counted(len(cells), "cell")
    yield f"Study {plan.file.name}: {of}, {all_left.calls:,} calls; re-asks come on top. In {plan.folder.path}."
    if all_left.local_seconds:
        yield f"Time: about {duration(all_left.local_seconds)} on this machine, if it does nothing else."
    yield _amounts(all_left)
    given = [
        f"{name} {value:,}" for name in ("usd", "tokens", "calls") if (value := getattr(options, f"budget_{name}"))
    ]
    if given:
        yield f"Budget of the whole study: {', '.join(given)}."
    if plan.retired:
        yield f"{counted(len(plan.retired), 'cell')} of before are in the study no more; their runs stay."
    if missing := missing_keys([each for each in cells if not each.is_done]):
        yield f"Missing: {', '.join(missing)}. Set {'it' if len(missing) == 1 else 'them'} before you run this."


def _amounts(all_left: Left) -> str:
    if all_left.prompt_tokens is None or all_left.completion_tokens is None:
        return "No tokens and no cost." if all_left.cells else "Nothing is left to be done."
    prompt, completion = all_left.prompt_tokens, all_left.completion_tokens
    tokens = (
        f"Tokens: {prompt.low:,} to {prompt.high:,} of prompts, {completion.low:,} to {completion.high:,} of replies"
    )
    if all_left.cost_usd is None:
        return f"{tokens}. The cost is unknown: a model has no known price (prices in [base])."
    low, high = map(money, all_left.cost_usd)
    return f"{tokens}. Cost: {low} to {high}."


def _cells_sheet(cells: Sequence[PlannedCell]) -> Sheet:
    axes = list(dict.fromkeys(axis for each in cells for axis in each.cell.values))
    rows: list[Sequence[Value]] = []
    for each in cells:
        expected = left_of(each)
        values = [written(each.cell.values[axis]) if axis in each.cell.values else None for axis in axes]
        tokens = [part for part in (expected.prompt_tokens, expected.completion_tokens) if part]
        status = "done" if each.is_done else each.run.status if each.run else "-"
        high = sum(part.high for part in tokens) if tokens and not each.is_done else None
        cost = None if each.is_done or not expected.cost_usd else expected.cost_usd[1]
        rows.append([each.cell.index, *values, status, calls_left(each), high, cost])
    after = ("status", "calls left", "tokens at most", "usd at most")
    named = beside(axes, ("cell", *after))
    return Sheet("cells", ("cell", *named, *after), rows, texts=frozenset({*named, "status"}), optional=after[2:])
