"""`--dry-run` of a work for people and for programs: what the run would take first, then what was chosen for it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from rich.box import SIMPLE_HEAD
from rich.table import Table

from sandbox.calls.forecast import Forecast, Range
from sandbox.calls.keys import is_missing, key_of, variable_of
from sandbox.calls.prices import Prices
from sandbox.calls.routes import Route, Routes, Settings, address_of
from sandbox.extending.installed import find
from sandbox.inspection.output import Answer, Shown
from sandbox.options.config import Config
from sandbox.options.resolution import Resolved
from sandbox.options.training import TrainingConfig
from sandbox.runs.any_manifest import AnyConfig
from sandbox.society import composition
from sandbox.society.plan import Plan
from sandbox.terminal import plain
from sandbox.text import counted, duration, in_a_line, money


class Planned(Protocol):
    """What any work's plan says of the calls that it will make."""

    @property
    def forecast(self) -> Forecast:
        """What it will take."""
        ...

    @property
    def routes(self) -> Routes:
        """Where models are asked."""
        ...

    @property
    def prices(self) -> Prices:
        """What that costs."""
        ...

    @property
    def longest_chain(self) -> int:
        """How many replies wait for one another."""
        ...

    @property
    def limits(self) -> Settings:
        """What holds for endpoints."""
        ...


def forecast_answer(plan: Plan, resolved: Resolved[Config], done: int) -> Answer:
    """What a run takes of which `done` calls are made."""
    return Answer(document=lambda: _document(plan, resolved, done), shown=lambda: _shown(plan, resolved, done))


def _document(plan: Plan, resolved: Resolved[Config], done: int) -> dict[str, Any]:
    return {
        "event": "forecast",
        "config": asdict(plan.config),
        "origins": dict(resolved.origins),
        "questions": {"count": len(plan.questions.questions), "dropped": dict(plan.questions.dropped)},
        "interactions": plan.forecast.planned,
        "society": composition.composition(plan),
        **amounts(plan, done),
    }


def amounts(plan: Planned, done: int) -> dict[str, Any]:
    """What is left of calls, tokens, cost and time once `done` calls are made, for programs."""
    expected = plan.forecast
    left = expected.after(done)
    return {
        "calls": dict(expected.calls),
        "calls_done": done,
        "prompt_tokens": left.prompt_tokens and left.prompt_tokens._asdict(),
        "completion_tokens": left.completion_tokens and left.completion_tokens._asdict(),
        "cost_usd": left.cost_usd and dict(zip(("low", "high"), left.cost_usd, strict=True)),
        "local_seconds": left.local_seconds or None,
        "least_minutes": least_minutes(plan, left, done) or None,
        "missing_keys": missing_keys(plan),
    }


def _shown(plan: Plan, resolved: Resolved[Config], done: int) -> Iterator[Shown]:
    left = plan.forecast.after(done)
    told = (*sentences(plan, left, done, "interactions"), *composition.sentences(plan))
    yield plain("\n".join(map(in_a_line, told)))
    yield calls_table(left)
    if routes := [route for route in plan.routes.models if route.place == "http"]:
        yield endpoints_table(plan, routes)
    yield from chosen(plan.config, resolved)


def sentences(plan: Planned, left: Forecast, done: int, noun: str) -> Iterator[str]:
    """The answer: calls, time, tokens and cost of what is left, and what it lacks."""
    calls = left.all_calls - done
    of = f"{calls:,} calls are left of {left.all_calls:,}" if done else f"{calls:,} calls"
    yield f"{of}, for {left.planned:,} {noun}; re-asks come on top."
    yield _time(plan, left, done)
    yield _amounts(plan, left)
    for name in plan.routes.extensions:
        yield f"{name} is answered by the extension {find('sandbox.models', name)}."
    if missing := missing_keys(plan):
        yield f"Missing: {', '.join(missing)}. Set {'it' if len(missing) == 1 else 'them'} before you run this."


def _time(plan: Planned, left: Forecast, done: int) -> str:
    if left.local_seconds:
        return f"Time: about {duration(left.local_seconds)} on this machine, if it does nothing else."
    if minutes := least_minutes(plan, left, done):
        return f"Time: at least {duration(60 * minutes)}, by --rpm and --tpm."
    if any(route.place in ("http", "extension") for route in plan.routes.models):
        chain = f", at least {plan.longest_chain} replies one after another" if plan.longest_chain > 1 else ""
        return f"Time: as the endpoint answers{chain}."
    return "Time: this machine's alone, as no language model is asked."


def _amounts(plan: Planned, left: Forecast) -> str:
    if left.prompt_tokens is None or left.completion_tokens is None:
        return "No tokens and no cost: scripted is no language model."
    tokens = f"Tokens: {_range(left.prompt_tokens)} of prompts, {_range(left.completion_tokens)} of replies"
    if left.cost_usd is None:
        return f"{tokens} (4 bytes a token). The cost is unknown: a model has no known price (see --prices)."
    low, high = (money(value) for value in left.cost_usd)
    cost = f"{low} to {high}, by prices of {plan.prices.dated}" if left.cost_usd[1] else "nothing"
    return f"{tokens} (4 bytes a token). Cost: {cost}."


def _range(tokens: Range) -> str:
    return " to ".join(dict.fromkeys((f"{tokens.low:,}", f"{tokens.high:,}")))


def least_minutes(plan: Planned, left: Forecast, done: int) -> float:
    """How long limits alone make it, if one endpoint answers all; 0 without limits."""
    config, calls = plan.limits, left.all_calls - done
    tokens = sum(each.low for each in (left.prompt_tokens, left.completion_tokens) if each)
    by_calls = calls / config.rpm if config.rpm else 0.0
    by_tokens = tokens / config.tpm if config.tpm else 0.0
    return max(by_calls, by_tokens) / plan.routes.count


def missing_keys(plan: Planned) -> list[str]:
    """Variables without a key that is needed."""
    return sorted({variable_of(route) for route in plan.routes.models if is_missing(route, plan.limits)})


def calls_table(left: Forecast) -> Table:
    """Calls by stage."""
    table = table_of("calls", ("stage", "calls"))
    table.columns[1].justify = "right"
    for stage, count in left.calls.items():
        table.add_row(stage.replace("_", " "), f"{count:,}")
    table.add_row("all", f"{left.all_calls:,}")
    return table


def endpoints_table(plan: Planned, routes: Sequence[Route]) -> Table:
    """Where models are asked, with which key."""
    table = table_of("endpoints", ("models", "asked at", "key"))
    for route in routes:
        names = ", ".join(sorted(plan.routes.models[route]))
        table.add_row(*map(plain, (names, str(address_of(route)), _key(route, plan.limits))))
    return table


def _key(route: Route, config: Settings) -> str:
    """Which key goes there, by the name of its variable."""
    variable = variable_of(route)
    if is_missing(route, config):
        return f"{variable} (missing)"
    return variable if key_of(route, config) else "none is sent"


def chosen(config: AnyConfig | TrainingConfig, resolved: Resolved[Any]) -> Iterator[Shown]:
    """The options that somebody set."""
    table = table_of("options", ("option", "value", "from"))
    values = asdict(config)
    if isinstance(config, Config):
        values["society"] = ", ".join(model.name for model in config.society)
    set_here = [name for name in values if resolved.origins[name] != "default"]
    for name in set_here:
        table.add_row(*map(plain, (name, str(values[name]), resolved.origins[name])))
    yield table
    yield plain(f"{counted(len(values) - len(set_here), 'other option')} at the default; --json has all.")


def table_of(title: str, columns: Sequence[str]) -> Table:
    """Whole values: what does not fit is folded, since a path or an address that is cut says nothing."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False, title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
