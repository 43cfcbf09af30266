"""What a desk and its workers say to one another, in values that JSON has.

Knows forms, not what follows from them: a pipe and an actor carry the same. Sums and counts are told whole and not as
differences, so that a later message makes an earlier one needless.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from agents.model import ModelError, Reply, Request, Usage
from agents.quota import Allowance, Quota
from sandbox.calls.budget import Limits
from sandbox.calls.routes import Route
from sandbox.calls.spending import Amount

Message = Mapping[str, Any]
ANSWERED, CANCELLED, UNUSED = "answered", "cancelled", "unused"
# What is asked for: to make calls, or to begin what takes some. Those who have begun come first.
HOLD, BEGIN = "hold", "begin"
# Sums of fractions of a dollar leave a rest that is none.
REST: Final = 1e-12


def end_of(ticket: int, reply: Reply | None, error: ModelError | None) -> list[Any]:
    """What the try of `ticket` came to, as far as a limiter learns from it."""
    if reply:
        usage = reply.usage
        tokens = usage.prompt_tokens + usage.completion_tokens if usage else None
        return [ticket, ANSWERED, tokens, reply.quota]
    return [ticket, error.kind, error.retry_after] if error else [ticket, CANCELLED]


def outcome_of(end: Sequence[Any]) -> tuple[Reply | None, ModelError | None]:
    """What `end_of` told: the reply or the error, with nothing in them but what a limiter learns from."""
    kind = end[1]
    if kind == ANSWERED:
        usage = None if end[2] is None else Usage(prompt_tokens=end[2], completion_tokens=0)
        return Reply("", usage=usage, quota=_quota(end[3])), None
    return None, None if kind == CANCELLED else ModelError(kind, "", retry_after=end[2])


def _quota(told: Sequence[Any] | None) -> Quota | None:
    return Quota(*(each and Allowance(*each) for each in told)) if told else None


def request_of(tokens: int) -> Request:
    """A request that a limiter takes for one of so many tokens."""
    return Request("", (), 0.0, tokens, 0, None)


def wanted(amount: Amount, limits: Limits) -> Amount:
    """What there is of `amount` above nothing, of what is limited."""
    pairs = zip(amount, limits, strict=True)
    return Amount(*(0 if limit is None or each < REST else each for each, limit in pairs))  # type: ignore[arg-type]


def key_of(route: Route) -> str:
    """What the endpoint of `route` is called in messages."""
    return " ".join(map(str, route))
