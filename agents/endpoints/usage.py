"""Reads what an endpoint says of tokens: what was paid, wherever thinking is counted. Knows no prices."""

from typing import Any, Final

from agents.model import Usage

# No context and no answer is as long; a count beyond is a mistake, and not what was paid.
MOST: Final = 10**9


def usage_of(said: Any) -> Usage | None:
    """Tokens of one reply; None where the endpoint did not say, or what cannot be.

    Thinking is paid as an answer is. Gateways that leave it out of `completion_tokens` (xAI) say so by a total
    that is larger than the sum, or by more reasoning than there is completion.
    """
    if not isinstance(said, dict):
        return None
    prompt, completion, total = (_count(said, name) for name in ("prompt_tokens", "completion_tokens", "total_tokens"))
    if prompt is None:
        return None
    answered = max(completion or 0, (total or 0) - prompt)
    if completion is None and not answered:
        return None
    details = said.get("completion_tokens_details")
    thought = _count(details, "reasoning_tokens") if isinstance(details, dict) else None
    if thought and thought > answered:
        answered += thought
    if not prompt + answered:  # no prompt is empty: the gateway does not count
        return None
    return Usage(prompt_tokens=prompt, completion_tokens=answered)


def _count(said: dict[str, Any], name: str) -> int | None:
    """A number of tokens under `name`; None where there is none that can be."""
    count = said.get(name)
    return count if type(count) is int and 0 <= count <= MOST else None
