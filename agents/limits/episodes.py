"""Episodes of refusals (429): when they begin, and how long an endpoint is left alone then. Knows numbers and time.

Gateways also refuse at random, so a single refusal is none: it only delays its own call.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

# A limit that is reached refuses most of what is sent, or goes on refusing a third; a hiccup refuses one try in ten.
EPISODES: Final = ((8, 12), (16, 48))
# How long an endpoint is left alone that does not say for how long; twice as long each time that it only refuses again.
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 30.0


class Episodes:
    """Is told of tries by number, in the order in which they were sent. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock: Final = clock
        self._refused: Final[deque[int]] = deque(maxlen=max(tries for _, tries in EPISODES))
        self._before = self._began = -1.0
        self._in_vain = 0

    def is_over_for(self, sent: float) -> bool:
        """Whether a try that was sent at `sent` is from before the last episode, and tells nothing any more."""
        return sent <= self._began

    def answered(self, sent: float) -> None:
        """A try that was sent at `sent` was answered: if that was after the last pause, it was not in vain."""
        if sent > self._before:
            self._in_vain = 0

    def refused(self, number: int, retry_after: float | None) -> float | None:
        """Seconds to leave the endpoint alone if an episode begins with this refusal, else None."""
        self._refused.append(number)
        if not (self._in_vain or self._are_many()):
            return None
        self._refused.clear()
        self._before, self._began = self._began, self._clock()
        least = 0.0 if retry_after and not self._in_vain else min(FIRST_PAUSE * 2**self._in_vain, LONGEST_PAUSE)
        self._in_vain = min(self._in_vain + 1, 16)
        return max(retry_after or 0.0, least)

    def _are_many(self) -> bool:
        last = max(self._refused)
        return any(sum(number > last - tries for number in self._refused) >= many for many, tries in EPISODES)
