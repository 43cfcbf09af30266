"""The only retry loop: asks again when another try may help, and says what an ask came to.

Each try leaves when the limiter of the endpoint lets it. Knows kinds of errors and time; not what is asked.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from agents.limits.limiter import LONGEST_RETRY_AFTER
from agents.limits.refusals import Refusals, Refused
from agents.limits.slot import Gate, Slot
from agents.model import RETRYABLE, ErrorKind, FatalModelError, Model, ModelError, Reply, Request

# Where a third of all tries fail, one ask in 170,000 fails ten times.
TRIES: Final = 10
FIRST_DELAY: Final = 0.25
LONGEST_DELAY: Final = 8.0
# An ask may be refused any number of times; this is beyond the longest delay.
MOST_DOUBLINGS: Final = 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an ask came to after `tries` requests: a reply, or the error with which it failed for good.

    `latency` is in seconds, from the first dispatch to the end of the last try, waits between tries included.
    """

    reply: Reply | None
    error: ModelError | None
    tries: int
    latency: float

    @property
    def answer(self) -> Reply | ErrorKind:
        """The reply, or the kind of the error."""
        if self.reply is not None:
            return self.reply
        assert self.error is not None
        return self.error.kind


class Retrying:
    """Asks `model`, which `limiter` guards, up to `tries` times; tries that are refused (429) count by themselves.

    They are made again up to `most_refusals` times; without a number until `refusals` finds that the ask is refused for
    good, which it does as whoever asks tells it of others. `random` and `sleep` are there for tests.
    """

    def __init__(
        self,
        model: Model,
        limiter: Gate,
        tries: int = TRIES,
        *,
        most_refusals: int | None = None,
        random: Random | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.limiter: Final = limiter
        self._model: Final = model
        self._tries: Final = tries
        self.refusals: Final = Refusals()
        self._most_refusals: Final = most_refusals
        self._random: Final = random or Random()
        self._sleep: Final = sleep
        self._pausing: Final[set[asyncio.Task[object]]] = set()
        self._stopping = False

    def stop(self) -> None:
        """Send no further try: asks that wait for one are cancelled, as are those whose try fails from now on."""
        self._stopping = True
        for task in self._pausing:
            task.cancel()

    async def ask(
        self, request: Request, slot: Slot | None = None, lost: Callable[[], object] = lambda: None
    ) -> Outcome:
        """What `request` comes to; its first try has `slot`, or waits for one.

        `lost` is called after each try that may have been paid though no answer came; what it raises ends the ask.
        Raises `FatalModelError` at once: asking again cannot help. Raises `asyncio.CancelledError` when it was told to
        stop before the ask was finished.
        """
        slot = slot or await self.limiter.enter(request)
        started, failures, clock = slot.sent, 0, self.limiter.clock
        with self.refusals.of(request.model, started) as refused:
            while True:
                try:
                    reply = await self._try(request, slot, lost)
                    self.refusals.answered(refused, slot.sent)
                    return Outcome(reply, None, refused.times + failures + 1, clock() - started)
                except FatalModelError:
                    raise
                except ModelError as error:
                    failures += error.kind != "rate_limited"
                    if self._has_failed(error, failures, refused):
                        return Outcome(None, error, refused.times + failures, clock() - started)
                    slot = await self._next(request, self._delay(error, failures, refused.times))

    def _has_failed(self, error: ModelError, failures: int, refused: Refused) -> bool:
        """Whether the ask that `error` met, its failure of this number if it is no refusal, is not tried again."""
        if error.kind != "rate_limited":
            self.refusals.failed(refused)
            return error.kind not in RETRYABLE or failures >= self._tries
        for_good = self.refusals.refused(refused)
        return for_good if self._most_refusals is None else refused.times >= self._most_refusals

    async def _try(self, request: Request, slot: Slot, lost: Callable[[], object]) -> Reply:
        try:
            with slot:
                reply = await self._model.complete(request)
                slot.answered(reply)
                return reply
        except asyncio.CancelledError:
            lost()
            raise
        except ModelError as error:
            if error.lost:
                lost()
            raise

    async def _next(self, request: Request, seconds: float) -> Slot:
        """Wait so long, and for the limiter."""
        task = asyncio.current_task()
        assert task is not None
        if self._stopping:
            raise asyncio.CancelledError
        self._pausing.add(task)
        try:
            await self._sleep(seconds)
            return await self.limiter.enter(request)
        finally:
            self._pausing.discard(task)

    def _delay(self, error: ModelError, failures: int, refusals: int) -> float:
        """What the endpoint asked for, else exponential backoff with full jitter (seconds).

        An endpoint that answers others meanwhile is well: only failures in a row make the wait long, and many refusals
        of one ask.
        """
        if error.retry_after:
            # A little more, and not the same for all: those who were refused together must not come back together.
            wait = min(error.retry_after, LONGEST_RETRY_AFTER)
            return wait + self._random.uniform(0, min(wait, FIRST_DELAY))
        health = self.limiter.health
        in_a_row = min(failures + refusals, health.failures_in_a_row + health.refusals_in_a_row)
        doublings = min(max(in_a_row, refusals // 2), MOST_DOUBLINGS)
        return self._random.uniform(0, min(LONGEST_DELAY, FIRST_DELAY * 2**doublings))
