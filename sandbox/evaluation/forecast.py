"""What an evaluation will take: exact calls by stage, and a range of tokens and cost. Asks nobody."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from agents.endpoints.adapters import is_embedded
from agents.endpoints.local import cores
from agents.limits.slot import BYTES_PER_TOKEN
from agents.model import Usage
from sandbox.calls.forecast import LOCAL_CORE_SECONDS, SHORT_REPLY, Forecast, Range
from sandbox.options.config import SCRIPTED
from sandbox.runs.evaluation.records import Stage
from sandbox.suites.asking import asked, judging
from sandbox.suites.suite import Item, Suite, Turn

if TYPE_CHECKING:
    from sandbox.evaluation.plan import Plan

# Items of a suite whose prompts are measured: as many more would tell no more.
_MEASURED: Final = 50


def forecast(plan: "Plan") -> Forecast:
    """Count the calls of `plan`, and estimate tokens at 4 bytes each, with short replies and with whole ones."""
    calls: Counter[str] = Counter(dict.fromkeys(plan.stages, 0))
    low: Counter[tuple[str, str]] = Counter()
    high: Counter[tuple[str, str]] = Counter()
    by_suite = Counter(place.suite for place in plan.places)
    for number, count in by_suite.items():
        suite = plan.suites[number]
        for stage, times in _times(plan, suite, count).items():
            calls[stage] += times
            _add(plan, stage, times, suite, low, high)
    costs = [_cost(plan, tokens) for tokens in (low, high)]
    return Forecast(
        planned=len(plan.places),
        calls=dict(calls),
        prompt_tokens=_range(plan, "prompt", low, high),
        completion_tokens=_range(plan, "completion", low, high),
        cost_usd=None if costs[0] is None or costs[1] is None else (costs[0], costs[1]),
        local_seconds=sum(count for stage, count in calls.items() if is_embedded(_name(plan, stage)))
        * LOCAL_CORE_SECONDS
        / cores(),
    )


def _times(plan: "Plan", suite: Suite, count: int) -> dict[Stage, int]:
    """How often each stage of `suite` is asked, for `count` samples."""
    times: dict[Stage, int] = {}
    if any(map(plan.asks, suite.items)):
        times["answer"] = count
    if suite.judge:
        times["judgement"] = count * (2 if suite.judge.pairs else 1)
    return times


def _add(
    plan: "Plan", stage: Stage, times: int, suite: Suite, low: Counter[tuple[str, str]], high: Counter[tuple[str, str]]
) -> None:
    name = _name(plan, stage)
    if name == SCRIPTED:
        return
    most = suite.judge.max_tokens if stage == "judgement" and suite.judge else suite.sampling.max_tokens
    answer = suite.sampling.max_tokens
    for tokens, reply, text in ((low, min(SHORT_REPLY, most), min(SHORT_REPLY, answer)), (high, most, answer)):
        tokens[name, "prompt"] += times * _prompt(suite, stage, "t" * text * BYTES_PER_TOKEN)
        tokens[name, "completion"] += times * reply


def _prompt(suite: Suite, stage: Stage, text: str) -> int:
    """Tokens of a prompt of `stage`, the mean over items spread over the suite, where answers are like `text`."""
    items = suite.items[:: max(1, len(suite.items) // _MEASURED)]
    sizes = [_size(_turns(suite, item, stage, text)) for item in items]
    return -(-sum(sizes) // (len(sizes) * BYTES_PER_TOKEN))


def _turns(suite: Suite, item: Item, stage: Stage, text: str) -> Sequence[Turn]:
    if stage == "answer":
        return asked(suite, item, range(len(item.options)))
    return judging(suite, item, item.given or [text])


def _size(turns: Iterable[Turn]) -> int:
    return sum(len(turn.content.encode()) for turn in turns)


def _name(plan: "Plan", stage: str) -> str:
    return {str(known): model.name for known, model in plan.stages.items()}[stage]


def _range(plan: "Plan", kind: str, low: Counter[tuple[str, str]], high: Counter[tuple[str, str]]) -> Range | None:
    """The sums of the low and of the high estimates; None where no language model is asked."""
    if all(model.name == SCRIPTED for model in plan.stages.values()):
        return None
    sums = [sum(count for (_, each), count in tokens.items() if each == kind) for tokens in (low, high)]
    return Range(*sums)


def _cost(plan: "Plan", tokens: Counter[tuple[str, str]]) -> float | None:
    names = {name for name, _ in tokens}
    usage = {
        name: Usage(prompt_tokens=tokens[name, "prompt"], completion_tokens=tokens[name, "completion"])
        for name in names
    }
    costs = [plan.prices.cost(name, used) for name, used in usage.items()]
    return None if None in costs else sum(cost for cost in costs if cost is not None)
