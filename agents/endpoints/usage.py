"""Reads what an endpoint says of tokens: what was paid, wherever thinking and caches are counted. Knows no prices."""

from typing import Any, Final

from agents.model import Usage

# No context and no answer is as long; a count beyond is a mistake, and not what was paid.
MOST: Final = 10**9
# Prompt tokens that were not read again, a part of `prompt_tokens` (looked up on 2026-11-29), stand in
# `prompt_tokens_details` with OpenAI (`CompletionUsage` of openai 3.52.0), OpenRouter ("Usage Accounting"), xAI, Z.ai
# (their pages on caching), llama.cpp (`usage_json_oaicompat`) and vLLM (`_make_prompt_tokens_details`). They have names
# beside it with DeepSeek ("Context Caching": hits and misses make up `prompt_tokens`), Moonshot (as `moonshot.ts` of
# Roo Code reads it) and gateways to Anthropic (LiteLLM 1.110.2 adds what was read and written to Anthropic's
# `input_tokens`; of one that does not there can be more than `prompt_tokens`, which is not believed).
_CACHED: Final = ("prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens")


def usage_of(said: Any, timings: Any = None) -> Usage | None:
    """Tokens of one reply; None where the endpoint did not say, or what cannot be.

    Thinking is paid as an answer is. Gateways that leave it out of `completion_tokens` (xAI) say so by a total
    that is larger than the sum, or by more reasoning than there is completion. `timings` are those of llama.cpp beside
    `usage`, whose `cache_n` (pull request 15827) tells of the cache where older servers say it nowhere else.
    """
    if not isinstance(said, dict):
        return None
    prompt, completion, total = (_count(said, name) for name in ("prompt_tokens", "completion_tokens", "total_tokens"))
    if prompt is None:
        return None
    answered = max(completion or 0, (total or 0) - prompt)
    if completion is None and not answered:
        return None
    thought = _count(said.get("completion_tokens_details"), "reasoning_tokens")
    if thought and thought > answered:
        answered += thought
    if not prompt + answered:  # no prompt is empty: the gateway does not count
        return None
    return Usage(prompt_tokens=prompt, completion_tokens=answered, cached_tokens=_cached(said, timings, prompt))


def _cached(said: dict[str, Any], timings: Any, prompt: int) -> int | None:
    """How many of `prompt` tokens were not read again: the most that is said, as gateways fill other names with 0."""
    counts = [_count(said, name) for name in _CACHED if name in said]
    counts += [_count(said.get("prompt_tokens_details"), "cached_tokens"), _count(timings, "cache_n")]
    most = max((count for count in counts if count is not None), default=None)
    return None if most is None or most > prompt else most


def _count(said: Any, name: str) -> int | None:
    """A number of tokens under `name`; None where there is none that can be."""
    count = said.get(name) if isinstance(said, dict) else None
    return count if type(count) is int and 0 <= count <= MOST else None
