"""One endpoint as the dispatcher sees it: whether a call may leave, and what to make of asks that got no answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from agents.model import RETRYABLE
from agents.retry import Retrying
from sandbox.budget import Hold
from sandbox.journal import Answer


class Lane:
    """`model` asks over all models that the endpoint serves; `check_alive` raises `ModelError` if it answers nothing.

    An ask whose tries all failed in passing ways is no result of the run while the endpoint may be gone: it is
    `doubtful` until the endpoint answers something that was asked later.
    """

    def __init__(self, name: str, model: Retrying, check_alive: Callable[[], Awaitable[object]]) -> None:
        self.name: Final = name
        self.model: Final = model
        self.check_alive: Final = check_alive
        self.in_flight = 0
        self.checking: asyncio.Task[None] | None = None
        self._doubtful: list[tuple[float, Answer, Hold]] = []

    @property
    def is_open(self) -> bool:
        """Whether a call may leave now."""
        return self.in_flight < self.model.limiter.bound and self.model.limiter.is_open

    @property
    def needs_check(self) -> bool:
        """Whether it is time to find out if the endpoint is there: nothing succeeds, or nothing else will tell."""
        gone = self.model.limiter.seems_gone or (not self.in_flight and bool(self._doubtful))
        return gone and self.checking is None

    def stop(self) -> None:
        """Send no further try."""
        self.model.stop()
        if self.checking:
            self.checking.cancel()

    def settle(self, answer: Answer, hold: Hold, sent: float) -> list[tuple[Answer, Hold]]:
        """Take in the `answer` to what was first sent at `sent` (seconds); the asks that are finished by it."""
        if answer.outcome.error and answer.outcome.error.kind in RETRYABLE:
            self._doubtful.append((time.monotonic(), answer, hold))
            return []
        return [*self.believed(sent), (answer, hold)]

    def believed(self, asked: float) -> list[tuple[Answer, Hold]]:
        """The endpoint answered what was asked at `asked`: asks that had failed by then are failures of their own."""
        finished = [(answer, hold) for ended, answer, hold in self._doubtful if ended <= asked]
        self._doubtful = [each for each in self._doubtful if each[0] > asked]
        return finished
