"""A token bucket: what may be used up in a second. Knows numbers and time, not what they count."""

import time
from collections.abc import Callable
from typing import Final

# Timers are coarse: what was missed within so many seconds may be made up for at once.
SLACK_SECONDS: Final = 0.05


class Bucket:
    """Refills at `rate` a second up to `capacity`, by default 50 ms' worth, and starts full. `clock` gives seconds.

    Whoever finds a whole unit may take what they need, so a debt is possible: one large call never waits for ever, and
    the next one waits until it is paid.
    """

    def __init__(self, rate: float, capacity: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock: Final = clock
        self.rate = rate
        self._capacity: Final = capacity
        self._level = self.capacity
        self._at = clock()
        self._full_at = float("inf")
        self._taken = 0.0

    @property
    def capacity(self) -> float:
        """What it holds at most: never less than the unit that whoever takes waits for."""
        return max(1.0, self.rate * SLACK_SECONDS if self._capacity is None else self._capacity)

    def wait(self) -> float:
        """Seconds until something may be taken; 0 if that is now."""
        self._refill()
        missing = max(0.0, 1.0 - self._level)
        return min(missing / self.rate, self._full_at - self._at) if missing else 0.0

    def take(self, amount: float) -> None:
        """Use up `amount`; a negative one gives back."""
        self._refill()
        self._taken += amount
        self._level = min(self._level - amount, self.capacity)

    def tell(self, level: float, full_in: float) -> None:
        """There is `level` in it, and it will be full in so many seconds but for what is taken until then."""
        self._refill()
        self._level = min(level, self.capacity)
        self._taken = 0.0
        self._full_at = self._at + full_in

    def _refill(self) -> None:
        now = self._clock()
        if now >= self._full_at:
            self._level = self.capacity - self._taken
            self._at = self._full_at
            self._full_at = float("inf")
        self._level = min(self._level + (now - self._at) * self.rate, self.capacity)
        self._at = now
