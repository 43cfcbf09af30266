"""What a rating will take: exact calls by stage, and a range of tokens and cost. Asks nobody."""

from collections import Counter
from typing import TYPE_CHECKING, Final

from agents.endpoints.local import cores
from agents.limits.slot import BYTES_PER_TOKEN
from agents.model import Usage
from sandbox.calls.forecast import LOCAL_CORE_SECONDS, SHORT_REPLY, Forecast, Range
from sandbox.options.config import LOCAL, SCRIPTED

if TYPE_CHECKING:
    from sandbox.rating.plan import Plan

# Interactions whose prompts are measured: as many more would tell no more.
_MEASURED: Final = 50


def forecast(plan: "Plan") -> Forecast:
    """Count the calls of `plan`, and estimate tokens at 4 bytes each, with short replies and with whole ones."""
    calls = Counter(key.stage for item in plan.items for key in plan.calls_of(item))
    made, most = calls.total(), plan.limits.max_tokens
    prompt = made * _prompt(plan)
    prompts, replies = Range(prompt, prompt), Range(made * min(SHORT_REPLY, most), made * most)
    is_model = plan.observer != SCRIPTED
    costs = [_cost(plan, prompt, tokens) if is_model else 0.0 for tokens in replies]
    return Forecast(
        planned=len(plan.items),
        calls={stage: calls[stage] for stage in ("score_draft", "score_revision") if calls[stage]},
        prompt_tokens=prompts if is_model else None,
        completion_tokens=replies if is_model else None,
        cost_usd=None if costs[0] is None or costs[1] is None else (costs[0], costs[1]),
        local_seconds=made * LOCAL_CORE_SECONDS / cores() if plan.observer == LOCAL else 0.0,
    )


def _prompt(plan: "Plan") -> int:
    """Tokens of a prompt, the mean over interactions spread over the log."""
    items = plan.items[:: max(1, len(plan.items) // _MEASURED)]
    sizes = [
        sum(len(message.content.encode()) for message in request.messages)
        for item in items
        for request in (plan.request(key, item.stored) for key in plan.calls_of(item))
    ]
    return -(-sum(sizes) // (len(sizes) * BYTES_PER_TOKEN))


def _cost(plan: "Plan", prompt: int, completion: int) -> float | None:
    return plan.prices.cost(plan.observer, Usage(prompt_tokens=prompt, completion_tokens=completion))
