"""Whether an endpoint is there: what its last tries came to. Knows kinds of outcomes and time, asks nobody."""

import time
from collections.abc import Callable
from typing import Final

# When that many tries in a row, over so many seconds, brought nothing, the endpoint may be gone.
GONE_TRIES: Final = 5
GONE_SECONDS: Final = 30.0
# A refusal is an answer: limits by the minute are waited for, limits by the day are not.
REFUSING_SECONDS: Final = 300.0


class Health:
    """Counts tries without success. `clock` gives seconds.

    `well_at` is when the endpoint answered last, and `answers_since` when the latest try that it answered was sent: an
    answer to what was asked before an outage does not tell that the outage is over.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock: Final = clock
        self.failures_in_a_row = 0
        self.refusals_in_a_row = 0
        self.well_at = clock()
        self.answers_since = -1.0
        self._sent_away = False

    @property
    def is_failing(self) -> bool:
        """Whether tries fail one after the other."""
        return self.failures_in_a_row >= GONE_TRIES

    @property
    def seems_gone(self) -> bool:
        """Whether nothing succeeded for so long that it is time to find out."""
        seconds = self._clock() - self.well_at
        refusing = self.refusals_in_a_row >= GONE_TRIES and seconds >= REFUSING_SECONDS
        return self._sent_away or refusing or (self.is_failing and seconds >= GONE_SECONDS)

    def succeeded(self, sent: float) -> None:
        """The endpoint answered a try that was sent at `sent`."""
        self.failures_in_a_row = self.refusals_in_a_row = 0
        self.answers_since = max(self.answers_since, sent)
        self.well_at = self._clock()
        self._sent_away = False

    def begins(self) -> None:
        """After a while in which it was not asked, the endpoint is asked again: it did not fail meanwhile."""
        if not (self.failures_in_a_row or self.refusals_in_a_row):
            self.well_at = self._clock()

    def failed(self) -> None:
        """A try ended without an answer."""
        self.failures_in_a_row += 1

    def refused(self) -> None:
        """A try was refused by a rate limit."""
        self.failures_in_a_row = 0
        self.refusals_in_a_row += 1

    def sent_away(self) -> None:
        """All tries are refused for longer than anybody waits."""
        self._sent_away = True
