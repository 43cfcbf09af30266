"""`simulate --dry-run` for people and for programs: configuration with origins, calls, tokens, cost."""

from dataclasses import asdict
from typing import Any

from rich.table import Table

from sandbox.options.config import Config
from sandbox.options.resolution import Resolved
from sandbox.society.forecast import Forecast
from sandbox.society.plan import Plan
from sandbox.terminal import plain
from sandbox.text import money


def forecast_document(plan: Plan, resolved: Resolved[Config], expected: Forecast) -> dict[str, Any]:
    """The forecast as one JSON document."""
    return {
        "event": "forecast",
        "config": asdict(plan.config),
        "origins": dict(resolved.origins),
        "questions": {"count": len(plan.questions.questions), "dropped": dict(plan.questions.dropped)},
        "interactions": expected.interactions,
        "calls": dict(expected.calls),
        "prompt_tokens": expected.prompt_tokens._asdict(),
        "completion_tokens": expected.completion_tokens._asdict(),
        "cost_usd": expected.cost_usd and dict(zip(("low", "high"), expected.cost_usd, strict=True)),
    }


def forecast_table(plan: Plan, resolved: Resolved[Config], expected: Forecast) -> list[Table]:
    """The forecast as tables."""
    return [_configuration(plan, resolved), _calls(expected), _cost(expected, plan.prices.dated)]


def _configuration(plan: Plan, resolved: Resolved[Config]) -> Table:
    table = Table("option", "value", "from", title="Configuration", title_justify="left")
    for name, value in asdict(plan.config).items():
        origin = resolved.origins[name]
        shown = "-" if value is None or value == () else str(value)
        table.add_row(plain(name), plain(shown), plain(origin), style="dim" if origin == "default" else None)
    return table


def _calls(expected: Forecast) -> Table:
    table = Table("stage", "calls", title="Calls (exact, re-asks apart)", title_justify="left")
    table.columns[1].justify = "right"
    for stage, count in expected.calls.items():
        table.add_row(stage, f"{count:,}")
    table.add_row("all", f"{expected.all_calls:,}", style="bold")
    return table


def _cost(expected: Forecast, dated: str) -> Table:
    title = f"Estimate (4 bytes a token; prices of {dated})"
    table = Table("", "low", "high", title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row("interactions", "", f"{expected.interactions:,}")
    table.add_row("prompt tokens", *(f"{value:,}" for value in expected.prompt_tokens))
    table.add_row("completion tokens", *(f"{value:,}" for value in expected.completion_tokens))
    table.add_row("cost", *(money(value) for value in expected.cost_usd or (None, None)))
    return table
