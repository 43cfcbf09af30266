"""What an endpoint says about its limits: response headers as numbers. Knows header names, decides nothing.

`x-ratelimit-*` as OpenAI, Azure, Groq, OpenRouter and most gateways send them; `Retry-After` of RFC 9110.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

SLOWEST: Final = 1e-6  # a second; whoever says less says nothing
_DURATION: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_SECONDS: Final = (86_400.0, 3_600.0, 60.0, 1.0, 0.001)
# Limits are counted by the day at most; some gateways send a point in time where a duration belongs.
LONGEST_RESET: Final = 86_400.0


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


def quota(headers: Mapping[str, str]) -> Quota | None:
    """The quota in response headers; None where there is none."""
    found = Quota(_allowance(headers, "requests"), _allowance(headers, "tokens"))
    return found if any(found) else None


def _allowance(headers: Mapping[str, str], what: str) -> Allowance | None:
    remaining = headers.get(f"x-ratelimit-remaining-{what}")
    if remaining is None:
        return None
    try:
        limit = float(headers[f"x-ratelimit-limit-{what}"])
        allowance = Allowance(limit, float(remaining), _seconds(headers[f"x-ratelimit-reset-{what}"]))
    except (KeyError, ValueError):
        return None
    return allowance if 0 < allowance.limit < float("inf") and 0 <= allowance.remaining <= allowance.limit else None


def _seconds(text: str) -> float:
    """`1.5`, `120ms`, `6m0s`, `1h2m3s`. Raises `ValueError`."""
    found = _DURATION.fullmatch(text.strip())
    if not found or not any(found.groups()):
        return abs(float(text))
    return sum(float(part) * unit for part, unit in zip(found.groups(), _SECONDS, strict=True) if part)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that the endpoint asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
        return max(0.0, seconds) if seconds < float("inf") else None
    try:
        return max(0.0, (parsedate_to_datetime(headers["retry-after"]) - (now or datetime.now(UTC))).total_seconds())
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
