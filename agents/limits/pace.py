"""How fast requests and tokens may leave for an endpoint: what the user allows, it says itself, and refusals taught.

Knows rates and time; not how many tries are on their way (`agents.limits.window`), and it waits for nothing itself.
"""

import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from agents.limits.bucket import Bucket
from agents.quota import Allowance, Quota

# What refusals taught is an estimate, and limits are raised: the pace is tried out again little by little (a second).
GROWTH: Final = 0.05
EASING_SECONDS: Final = 1.0
# During the pause that it asks for an endpoint saves up; half of that is used at once afterwards.
SAVED_SHARE: Final = 0.5
# An endpoint that refuses everything for a while teaches nothing; one try a minute finds out when that is over.
SLOWEST: Final = 1 / 60
# A limit by the day must not stand still for a day: after so long it is tried again.
LONGEST_STANDSTILL: Final = 300.0
USER, ENDPOINT, TAUGHT = "user", "endpoint", "taught"


class Pace:
    """`rpm` requests and `tpm` tokens a minute at most, None for any. `clock` gives seconds."""

    def __init__(self, rpm: int | None, tpm: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock: Final = clock
        self._requests: Final[dict[str, Bucket]] = {USER: Bucket(rpm / 60, clock=clock)} if rpm else {}
        self._tokens: Final[dict[str, Bucket]] = {USER: Bucket(tpm / 60, tpm / 60, clock)} if tpm else {}
        self._answers = 0
        self._since: float | None = None
        self._tried_at = clock()

    @property
    def counts_tokens(self) -> bool:
        """Whether `take` needs to be told tokens."""
        return bool(self._tokens)

    def wait(self) -> float:
        """Seconds until a request may leave; 0 if that is now."""
        return max((bucket.wait() for bucket in self._buckets()), default=0.0)

    def take(self, tokens: float) -> None:
        """A request leaves that will use about `tokens`."""
        if self._since is None:
            self._since = self._clock()
        for bucket in self._requests.values():
            bucket.take(1)
        self.correct(tokens)

    def give_back(self, tokens: float) -> None:
        """What was taken for a request of `tokens` tokens that did not leave."""
        for bucket in self._requests.values():
            bucket.take(-1)
        self.correct(-tokens)

    def correct(self, tokens: float) -> None:
        """`tokens` more were used than thought when the request left; less where negative."""
        for bucket in self._tokens.values():
            bucket.take(tokens)

    def heard(self, quota: Quota, on_the_wire: int, tokens: int) -> None:
        """The endpoint said what is left; it does not know yet of all `on_the_wire` and their `tokens`."""
        _tell(self._requests, quota.requests, on_the_wire, self._clock)
        _tell(self._tokens, quota.tokens, tokens, self._clock)

    def answered(self) -> None:
        """A request was answered: a pace that was taught may be tried out a little higher."""
        self._answers += 1
        taught, now = self._requests.get(TAUGHT), self._clock()
        if taught and taught.wait():
            taught.rate *= 1 + GROWTH * min(max(0.0, now - self._tried_at), 1.0)
        self._tried_at = max(now, self._tried_at)

    def refused(self) -> None:
        """A request was refused: a pace that was taught is a little too high."""
        taught, now = self._requests.get(TAUGHT), self._clock()
        if taught and now >= self._tried_at:
            taught.rate = max(taught.rate / (1 + GROWTH), SLOWEST)
            self._tried_at = now + EASING_SECONDS

    def learn(self, pause: float) -> None:
        """A pause of so many seconds after refusals is over: the pace is what was answered since the last one."""
        now = self._clock()
        if self._answers and self._since is not None:
            rate = max(self._answers / max(now - self._since, pause), SLOWEST)
            self._requests[TAUGHT] = Bucket(rate, max(1.0, SAVED_SHARE * rate * pause), self._clock)
        self._answers = 0
        self._since = None

    def _buckets(self) -> Iterator[Bucket]:
        return chain(self._requests.values(), self._tokens.values())


def _tell(buckets: dict[str, Bucket], allowance: Allowance | None, unseen: int, clock: Callable[[], float]) -> None:
    if allowance is None or allowance.rate is None:
        return
    bucket = buckets.setdefault(ENDPOINT, Bucket(allowance.rate, allowance.limit, clock))
    bucket.rate = allowance.rate
    bucket.tell(allowance.remaining - unseen, min(allowance.reset, LONGEST_STANDSTILL))
