"""`simulate --dry-run` for people and for programs: what the run would take first, then what was chosen for it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from sandbox.calls.forecast import Forecast, Range
from sandbox.calls.keys import is_missing, key_of, variable_of
from sandbox.calls.routes import Route, address_of
from sandbox.inspection.output import Answer, Shown
from sandbox.options.config import Config
from sandbox.options.resolution import Resolved
from sandbox.society.plan import Plan
from sandbox.terminal import plain
from sandbox.text import counted, duration, in_a_line, money


def forecast_answer(plan: Plan, resolved: Resolved[Config], done: int) -> Answer:
    """What a run takes of which `done` calls are made."""
    return Answer(document=lambda: _document(plan, resolved, done), shown=lambda: _shown(plan, resolved, done))


def _document(plan: Plan, resolved: Resolved[Config], done: int) -> dict[str, Any]:
    expected = plan.forecast
    left = expected.after(done)
    return {
        "event": "forecast",
        "config": asdict(plan.config),
        "origins": dict(resolved.origins),
        "questions": {"count": len(plan.questions.questions), "dropped": dict(plan.questions.dropped)},
        "interactions": expected.planned,
        "calls": dict(expected.calls),
        "calls_done": done,
        "prompt_tokens": left.prompt_tokens and left.prompt_tokens._asdict(),
        "completion_tokens": left.completion_tokens and left.completion_tokens._asdict(),
        "cost_usd": left.cost_usd and dict(zip(("low", "high"), left.cost_usd, strict=True)),
        "local_seconds": left.local_seconds or None,
        "least_minutes": _least_minutes(plan, left, done) or None,
        "missing_keys": _missing(plan),
    }


def _shown(plan: Plan, resolved: Resolved[Config], done: int) -> Iterator[Shown]:
    left = plan.forecast.after(done)
    yield plain("\n".join(map(in_a_line, _sentences(plan, left, done))))
    yield _calls(left)
    if routes := [route for route in plan.routes.models if route.place == "http"]:
        yield _endpoints(plan, routes)
    yield from _chosen(plan.config, resolved)


def _sentences(plan: Plan, left: Forecast, done: int) -> Iterator[str]:
    """The answer: calls, time, tokens and cost of what is left, and what it lacks."""
    calls = left.all_calls - done
    of = f"{calls:,} calls are left of {left.all_calls:,}" if done else f"{calls:,} calls"
    yield f"{of}, for {left.planned:,} interactions; re-asks come on top."
    yield _time(plan, left, done)
    yield _amounts(plan, left)
    if missing := _missing(plan):
        yield f"Missing: {', '.join(missing)}. Set {'it' if len(missing) == 1 else 'them'} before you run this."


def _time(plan: Plan, left: Forecast, done: int) -> str:
    if left.local_seconds:
        return f"Time: about {duration(left.local_seconds)} on this machine, if it does nothing else."
    if minutes := _least_minutes(plan, left, done):
        return f"Time: at least {duration(60 * minutes)}, by --rpm and --tpm."
    if any(route.place == "http" for route in plan.routes.models):
        return f"Time: as the endpoint answers, at least {_longest_chain(plan)} replies one after another."
    return "Time: this machine's alone, as no language model is asked."


def _amounts(plan: Plan, left: Forecast) -> str:
    if left.prompt_tokens is None or left.completion_tokens is None:
        return "No tokens and no cost: scripted is no language model."
    tokens = f"Tokens: {_range(left.prompt_tokens)} of prompts, {_range(left.completion_tokens)} of replies"
    if left.cost_usd is None:
        return f"{tokens} (4 bytes a token). The cost is unknown: a model has no known price (see --prices)."
    low, high = (money(value) for value in left.cost_usd)
    cost = f"{low} to {high}, by prices of {plan.prices.dated}" if left.cost_usd[1] else "nothing"
    return f"{tokens} (4 bytes a token). Cost: {cost}."


def _range(tokens: Range) -> str:
    return f"{tokens.low:,} to {tokens.high:,}"


def _longest_chain(plan: Plan) -> int:
    """Draft, feedback and revision of each round wait for one another, and scores for the last revision."""
    return 3 * plan.config.rounds + 1


def _least_minutes(plan: Plan, left: Forecast, done: int) -> float:
    """How long limits alone make it, if one endpoint answers all; 0 without limits."""
    config, calls = plan.config, left.all_calls - done
    tokens = sum(each.low for each in (left.prompt_tokens, left.completion_tokens) if each)
    by_calls = calls / config.rpm if config.rpm else 0.0
    by_tokens = tokens / config.tpm if config.tpm else 0.0
    return max(by_calls, by_tokens) / plan.routes.count


def _missing(plan: Plan) -> list[str]:
    """Variables without a key that is needed."""
    return sorted({variable_of(route) for route in plan.routes.models if is_missing(route, plan.config)})


def _calls(left: Forecast) -> Table:
    table = _table("calls", ("stage", "calls"))
    table.columns[1].justify = "right"
    for stage, count in left.calls.items():
        table.add_row(stage.replace("_", " "), f"{count:,}")
    table.add_row("all", f"{left.all_calls:,}")
    return table


def _endpoints(plan: Plan, routes: Sequence[Route]) -> Table:
    table = _table("endpoints", ("models", "asked at", "key"))
    for route in routes:
        names = ", ".join(sorted(plan.routes.models[route]))
        table.add_row(*map(plain, (names, str(address_of(route)), _key(route, plan.config))))
    return table


def _key(route: Route, config: Config) -> str:
    """Which key goes there, by the name of its variable."""
    variable = variable_of(route)
    if is_missing(route, config):
        return f"{variable} (missing)"
    return variable if key_of(route, config) else "none is sent"


def _chosen(config: Config, resolved: Resolved[Config]) -> Iterator[Shown]:
    """The options that somebody set."""
    table = _table("options", ("option", "value", "from"))
    values = asdict(replace(config, society=()))
    values["society"] = ", ".join(model.name for model in config.society)
    chosen = [name for name in values if resolved.origins[name] != "default"]
    for name in chosen:
        table.add_row(*map(plain, (name, str(values[name]), resolved.origins[name])))
    yield table
    yield plain(f"{counted(len(values) - len(chosen), 'other option')} at the default; --json has all.")


def _table(title: str, columns: Sequence[str]) -> Table:
    """Whole values: what does not fit is folded, since a path or an address that is cut says nothing."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False, title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
