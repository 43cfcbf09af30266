"""How many tries an endpoint takes at once, found out while they are made. Knows outcomes and time, sends nothing.

Slow start doubles the window with each round trip; after the first sign of a limit it grows by one. It only grows
while it is what holds calls back. Two signs of a limit: refusals (429), and a throughput that no longer rises, which
is all that servers with a queue of their own show. The scheme is TCP's (RFC 5681), with a floor of one call.
"""

import time
from collections.abc import Callable
from typing import Final

CUT: Final = 0.5
# After a refusal so many answers bring no growth: where one try in five is refused, the window stays as it is.
REFUSAL_PAUSE: Final = 4
# Broken tries hold up growth as long as they are many; a burst of them must not do so for ever.
LONGEST_PAUSE: Final = 32
# Most limits count by the second, so what one second brought is seen before more than so many times the first size is
# tried; from then on no round trip is too short to double the window faster than this.
FIRST_SECOND: Final = 4
DOUBLING_SECONDS: Final = 0.5
MOST_DOUBLINGS: Final = 20
# Doubling twice should bring four times the answers; under one and a half times the server is what limits. Where many
# answers are measured, doubling once tells as much.
GAIN_OF_TWO: Final = 1.5
GAIN_OF_ONE: Final = 1.2
MANY: Final = 64
NEARLY_BEST: Final = 0.9


class Window:
    """Starts at `first` and stays within 1 and `bound`. `clock` gives seconds."""

    def __init__(self, bound: int, first: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.bound: Final = bound
        self._clock: Final = clock
        self._size = float(min(first, bound))
        self._first_second: Final = FIRST_SECOND * self._size
        self._slow_start = True
        self._held_back = 0
        self._began: float | None = None
        self._rates: Final[dict[int, float]] = {}
        self._level = self._level_now()
        self._answers = 0
        self._since = clock()

    @property
    def size(self) -> int:
        """Tries that may be on their way at once."""
        return int(self._size)

    def answered(self, *, saturated: bool) -> None:
        """A try was answered; `saturated` if the window was full, so that a larger one might have been used."""
        if not saturated:
            self._measure_anew()
            return
        self._answers += 1
        if self._held_back:
            self._held_back -= 1
        else:
            self._grow()
        if self._level_now() > self._level:
            self._level_passed()

    def faltered(self) -> None:
        """A try ended in a server error, a timeout or a broken reply: the next answer brings no growth."""
        self._hold_back(1)

    def refused(self) -> None:
        """A try was refused by a rate limit."""
        self._hold_back(REFUSAL_PAUSE)

    def cut(self) -> None:
        """An episode of refusals began."""
        self._slow_start = False
        self._resize(self._size * CUT)

    def stay(self, most: int) -> None:
        """There is no use in more than `most` for now."""
        self._size = min(self._size, float(most))

    def _grow(self) -> None:
        if self._began is None:
            self._began = self._clock()
        doublings = min(max(self._clock() - self._began - 1.0, 0.0) / DOUBLING_SECONDS, MOST_DOUBLINGS)
        most = min(self._first_second * 2**doublings, float(self.bound))
        self._size = min(self._size + (1.0 if self._slow_start else 1.0 / self._size), most)

    def _hold_back(self, answers: int) -> None:
        self._held_back = min(self._held_back + answers, LONGEST_PAUSE)

    def _level_now(self) -> int:
        """The power of two at or below the size: throughput is compared between these."""
        return 1 << (int(self._size).bit_length() - 1)

    def _level_passed(self) -> None:
        """The window grew through a whole level: keep what it brought, and step back if that was nothing."""
        passed = self._level
        if self._answers >= passed:
            self._rates[passed] = self._answers / max(self._clock() - self._since, 1e-6)
            if self._is_plateau(passed):
                self._slow_start = False
                self._resize(self._smallest_good_level())
        self._measure_anew()

    def _is_plateau(self, level: int) -> bool:
        few = self._slow_start and level < MANY
        smaller, gain = (level // 4, GAIN_OF_TWO) if few else (level // 2, GAIN_OF_ONE)
        return smaller in self._rates and self._rates[level] < gain * self._rates[smaller]

    def _smallest_good_level(self) -> float:
        enough = NEARLY_BEST * max(self._rates.values())
        return min(level for level, rate in self._rates.items() if rate >= enough)

    def _resize(self, size: float) -> None:
        self._size = max(size, 1.0)
        self._held_back = 0
        self._measure_anew()

    def _measure_anew(self) -> None:
        self._level = self._level_now()
        self._answers = 0
        self._since = self._clock()
