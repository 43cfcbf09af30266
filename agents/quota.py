"""What an endpoint says about its limits: response headers as numbers. Knows header names, decides nothing.

`Retry-After` of RFC 9110, and the names of `_NAMES`. What a vendor said is also read where LiteLLM hides it, unless the
proxy says the same of its own.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

SLOWEST: Final = 1e-6  # a second; whoever says less says nothing
_DURATION: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_SECONDS: Final = (86_400.0, 3_600.0, 60.0, 1.0, 0.001)
# Limits are counted by the day at most.
LONGEST_RESET: Final = 86_400.0
# The proxy of LiteLLM 1.108.7 hands on what a vendor sent under this name.
# What gateways write where a vendor said nothing.
_NOTHING: Final = frozenset({"", "none", "null"})
_HIDDEN: Final = "llm_provider-"
# `{}` is `limit`, `remaining` or `reset`. OpenAI, Azure, Groq and most gateways; Anthropic
# (https://docs.claude.com/en/api/rate-limits); Mistral (https://github.com/mistralai/client-ts/issues/169) and Cerebras
# (https://inference-docs.cerebras.ai/support/rate-limits); draft-ietf-httpapi-ratelimit-headers-06.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "requests": (
        "x-ratelimit-{}-requests",
        "anthropic-ratelimit-requests-{}",
        "x-ratelimit-{}-req-minute",
        "x-ratelimit-{}-requests-day",
        "ratelimit-{}",
    ),
    "tokens": ("x-ratelimit-{}-tokens", "anthropic-ratelimit-tokens-{}", "x-ratelimit-{}-tokens-minute"),
}
# All of these have it, and most replies have none of them.
_SPEAKS: Final = re.compile("ratelimit", re.IGNORECASE)
# Longer durations are points in time: seconds since 1970 (DigitalOcean), or milliseconds (OpenRouter).
_EPOCH: Final = 1e9
_EPOCH_MS: Final = 1e12


class Allowance(NamedTuple):
    """`remaining` of `limit` may be used now; all of it again in `reset` seconds."""

    limit: float
    remaining: float
    reset: float

    @property
    def rate(self) -> float | None:
        """What comes back in a second; None while nothing is used, or nothing comes back within a day."""
        used = self.limit - self.remaining
        rate = used / self.reset if used > 0 and 0 < self.reset <= LONGEST_RESET else 0.0
        return rate if rate >= SLOWEST else None


class Quota(NamedTuple):
    """What is left of requests and of tokens; None for what the endpoint does not say."""

    requests: Allowance | None
    tokens: Allowance | None


def quota(headers: Mapping[str, str], now: datetime | None = None) -> Quota | None:
    """The quota in response headers; None where there is none. `now` is for tests."""
    if not any(map(_SPEAKS.search, headers)):
        return None
    said = _unhidden(headers)
    found = Quota(_allowance(said, "requests", now), _allowance(said, "tokens", now))
    return found if any(found) else None


def _unhidden(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by lower-case name; those of a vendor behind LiteLLM too, where no plain one is there."""
    plain = {name.lower(): value for name, value in headers.items()}
    hidden = {name.removeprefix(_HIDDEN): value for name, value in plain.items() if name.startswith(_HIDDEN)}
    return hidden | {name: value for name, value in plain.items() if value.strip().lower() not in _NOTHING}


def _allowance(said: Mapping[str, str], what: str, now: datetime | None) -> Allowance | None:
    """What is said under the first of the names for `what` that makes sense."""
    for name in _NAMES[what]:
        if name.format("remaining") not in said:
            continue
        # Mistral never says when its minute is over.
        reset = said.get(name.format("reset"), "60" if name.endswith("-minute") else "")
        try:
            limit, remaining = (float(said[name.format(part)]) for part in ("limit", "remaining"))
            allowance = Allowance(limit, remaining, _seconds(reset, now))
        except (KeyError, ValueError):
            continue
        if 0 < allowance.limit < float("inf") and 0 <= allowance.remaining <= allowance.limit:
            return allowance
    return None


def _seconds(text: str, now: datetime | None) -> float:
    """`1.5`, `120ms`, `6m0s`, `1h2m3s`, or the time until a point in time. Raises `ValueError`."""
    try:
        seconds = abs(_duration(text))
    except ValueError:
        moment = datetime.fromisoformat(text.strip())
        return _until(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp(), now)
    if seconds < _EPOCH:
        return seconds
    return _until(seconds if seconds < _EPOCH_MS else seconds / 1000, now)


def _duration(text: str) -> float:
    """Seconds of `1.5`, `120ms`, `6m0s`. Raises `ValueError`."""
    found = _DURATION.fullmatch(text.strip())
    if found and any(found.groups()):
        return sum(float(part) * unit for part, unit in zip(found.groups(), _SECONDS, strict=True) if part)
    return float(text)


def _until(timestamp: float, now: datetime | None) -> float:
    return max(0.0, timestamp - (now or datetime.now(UTC)).timestamp())


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that the endpoint asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date."""
    said = _unhidden(headers)
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        seconds = _waiting(said.get(name, ""), now)
        if seconds is not None:
            return seconds * unit
    return None


def used_up_for(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds until there is something left of what the endpoint says is used up; None where it says no such thing."""
    allowances = [allowance for allowance in quota(headers, now) or () if allowance and allowance.remaining < 1]
    return max((allowance.reset for allowance in allowances), default=None)


def _waiting(text: str, now: datetime | None) -> float | None:
    """Seconds of `30`, `30s` or a date; None for what is none of them, or has no end. `30, 5` are of two on the way."""
    try:
        seconds = (parsedate_to_datetime(text) - (now or datetime.now(UTC))).total_seconds()
    except (ValueError, TypeError, OverflowError):
        try:
            seconds = max(map(_duration, text.split(",")))
        except ValueError:
            return None
    return max(0.0, seconds) if seconds < float("inf") else None
