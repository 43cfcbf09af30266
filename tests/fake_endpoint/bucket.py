"""A token bucket, and what it says of itself in OpenAI's headers. Knows no requests."""

import math
from collections.abc import Callable


class Bucket:
    """Holds `burst` tokens when full, as it is at first; `rate` come back in a second of `clock`."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens = float(burst)
        self._filled = clock()

    def take(self) -> bool:
        """Whether there was a token; it is gone then."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def headers(self) -> dict[str, str]:
        """What is left after the last `take`, and how long until the bucket is full."""
        return {
            "x-ratelimit-limit-requests": str(self._burst),
            "x-ratelimit-remaining-requests": str(int(self._tokens)),
            "x-ratelimit-reset-requests": duration((self._burst - self._tokens) / self._rate),
        }


def duration(seconds: float) -> str:
    """`seconds`, rounded up to a millisecond, in OpenAI's form: `0s`, `12ms`, `1.2s`, `6m0s`, `1h0m0.5s`."""
    milliseconds = math.ceil(round(seconds * 1000, 6))
    if 0 < milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{rest / 1000:g}s"
