"""The only retry loop: asks again when another try may help, and says what an ask came to.

Knows kinds of errors and time; not what is asked, and not how many calls are in flight.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from agents.model import RETRYABLE, ErrorKind, FatalModelError, Model, ModelError, Reply, Request

TRIES: Final = 6
FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 20.0
LONGEST_RETRY_AFTER: Final = 120.0


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
    """Asks `model` up to `tries` times. `random`, `sleep` and `clock` (seconds) are there for tests."""

    def __init__(
        self,
        model: Model,
        tries: int = TRIES,
        *,
        random: Random | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model: Final = model
        self._tries: Final = tries
        self._random: Final = random or Random()
        self._sleep: Final = sleep
        self._clock: Final = clock
        self._waiting: Final[set[asyncio.Task[object]]] = set()
        self._stopping = False

    def stop(self) -> None:
        """Send no further try: asks that wait for one are cancelled, as are those whose try fails from now on."""
        self._stopping = True
        for task in self._waiting:
            task.cancel()

    async def ask(self, request: Request) -> Outcome:
        """What `request` comes to. Raises `FatalModelError` at once: asking again cannot help.

        Raises `asyncio.CancelledError` when it was told to stop before the ask was finished.
        """
        started = self._clock()
        number = 1
        while True:
            try:
                reply = await self._model.complete(request)
                return Outcome(reply, None, number, self._clock() - started)
            except FatalModelError:
                raise
            except ModelError as error:
                if not self._worth_another(error, number):
                    return Outcome(None, error, number, self._clock() - started)
                await self._wait(self._delay(error, number))
            number += 1

    async def _wait(self, seconds: float) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self._stopping:
            raise asyncio.CancelledError
        self._waiting.add(task)
        try:
            await self._sleep(seconds)
        finally:
            self._waiting.discard(task)

    def _worth_another(self, error: ModelError, number: int) -> bool:
        too_long = (error.retry_after or 0.0) > LONGEST_RETRY_AFTER
        return error.kind in RETRYABLE and number < self._tries and not too_long

    def _delay(self, error: ModelError, number: int) -> float:
        """What the endpoint asked for, else exponential backoff with full jitter (seconds)."""
        if error.retry_after is not None:
            # A little more, and not the same for all: those who were refused together must not come back together.
            return error.retry_after + self._random.uniform(0, FIRST_DELAY)
        return self._random.uniform(0, min(LONGEST_DELAY, FIRST_DELAY * 2**number))
