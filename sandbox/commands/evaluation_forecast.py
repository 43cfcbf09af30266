"""`evaluate --dry-run` for people and for programs: what it would take, of which suites, as what."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.table import Table

from sandbox.commands.forecast_view import (
    amounts,
    calls_table,
    chosen,
    endpoints_table,
    sentences,
    table_of,
)
from sandbox.evaluation.plan import Plan
from sandbox.inspection.output import Answer, Shown
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.resolution import Resolved
from sandbox.suites.suite import Suite
from sandbox.terminal import plain
from sandbox.text import in_a_line


def forecast_answer(plan: Plan, resolved: Resolved[EvaluationConfig], done: int) -> Answer:
    """What an evaluation takes of which `done` calls are made."""
    return Answer(document=lambda: _document(plan, resolved, done), shown=lambda: _shown(plan, resolved, done))


def _document(plan: Plan, resolved: Resolved[EvaluationConfig], done: int) -> dict[str, Any]:
    return {
        "event": "forecast",
        "config": asdict(plan.config),
        "origins": dict(resolved.origins),
        "suites": [_suite(plan, suite) for suite in plan.suites],
        "answers": plan.forecast.planned,
        **amounts(plan, done),
    }


def _suite(plan: Plan, suite: Suite) -> dict[str, Any]:
    kept = {"name", "kind", "metric", "licence", "source", "offensive", "digest", "dropped", "warnings"}
    return suite.model_dump(mode="json", include=kept) | {
        "items": len(suite.items),
        "samples": suite.sampling.samples,
        "answers": plan.planned_of[suite.name],
    }


def _shown(plan: Plan, resolved: Resolved[EvaluationConfig], done: int) -> Iterator[Shown]:
    left = plan.forecast.after(done)
    yield plain("\n".join(map(in_a_line, sentences(plan, left, done, "answers"))))
    yield _suites(plan)
    if dropped := [each for suite in plan.suites for each in _dropped(suite)]:
        yield plain("\n".join(dropped))
    if offensive := [suite.name for suite in plan.suites if suite.offensive]:
        yield plain(f"Offensive by design: {', '.join(offensive)}.")
    yield calls_table(left)
    if routes := [route for route in plan.routes.models if route.place == "http"]:
        yield endpoints_table(plan, routes)
    yield from chosen(plan.config, resolved)


def _suites(plan: Plan) -> Table:
    table = table_of("suites", ("suite", "kind", "items", "samples", "judged", "licence"))
    for suite in plan.suites:
        samples = plan.planned_of[suite.name] / max(1, len(suite.items))
        row = (suite.name, suite.kind, str(len(suite.items)), f"{samples:g}", plan.judge if suite.judge else "-")
        table.add_row(*map(plain, (*(each or "-" for each in row), suite.licence)))
    return table


def _dropped(suite: Suite) -> Iterator[str]:
    for reason, count in Counter(suite.dropped).items():
        yield f"{suite.name}: {count} left out: {reason}."
