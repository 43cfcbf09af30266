"""`rate --dry-run` for people and for programs: what it would take, of which texts, on what, as what."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from sandbox.commands.forecast_view import amounts, calls_table, chosen, endpoints_table, sentences
from sandbox.inspection.output import Answer, Shown
from sandbox.options.rating import RatingConfig
from sandbox.options.resolution import Resolved
from sandbox.rating.plan import Plan
from sandbox.terminal import plain
from sandbox.text import in_a_line


def forecast_answer(plan: Plan, resolved: Resolved[RatingConfig], done: int) -> Answer:
    """What a rating takes of which `done` calls are made."""
    return Answer(document=lambda: _document(plan, resolved, done), shown=lambda: _shown(plan, resolved, done))


def _document(plan: Plan, resolved: Resolved[RatingConfig], done: int) -> dict[str, Any]:
    return {
        "event": "forecast",
        "config": asdict(plan.config),
        "origins": dict(resolved.origins),
        "rated": plan.log.model_dump(mode="json"),
        "texts": plan.texts,
        "dimensions": [each.model_dump(mode="json") for each in plan.inquiry.used],
        "interactions": plan.forecast.planned,
        **amounts(plan, done),
    }


def _shown(plan: Plan, resolved: Resolved[RatingConfig], done: int) -> Iterator[Shown]:
    left = plan.forecast.after(done)
    lines = [_what(plan), *sentences(plan, left, done, "interactions")]
    yield plain("\n".join(map(in_a_line, lines)))
    yield calls_table(left)
    if routes := [route for route in plan.routes.models if route.place == "http"]:
        yield endpoints_table(plan, routes)
    yield from chosen(plan.config, resolved)


def _what(plan: Plan) -> str:
    on = ", ".join(f"{each.name} {each.scale[0]}-{each.scale[1]}" for each in plan.inquiry.used)
    return f"{plan.texts:,} texts of run {plan.log.run} on {on}, by {plan.observer}, as {plan.config.name}."
