"""Waits for servers that are not there yet: `--wait SECONDS`, over all endpoints of a command.

Knows errors and time.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from agents.endpoints.endpoint import STARTING
from agents.endpoints.unreachable import NobodyThereError
from agents.model import ModelError

T = TypeVar("T")
FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 3.0


class Patience:
    """`seconds` of waiting in all; `tell` hears once of each thing that is waited for."""

    def __init__(self, seconds: float, tell: Callable[[str], object]) -> None:
        self._seconds: Final = seconds
        self._tell: Final = tell
        self._told: Final[set[str]] = set()
        self._deadline: float | None = None

    @property
    def is_left(self) -> bool:
        """Whether there is any; it runs from when it was first needed."""
        return self._seconds > 0 and (self._deadline is None or time.monotonic() < self._deadline)

    async def until_there(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What `attempt` comes to once the server is there. Raises `ModelError`: not in time, or another error."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await attempt()
            except ModelError as error:
                if not (_may_be_starting(error) and self._seconds):
                    raise
                if not self._begun():
                    raise self._spent(error) from None
                self._say(error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _begun(self) -> bool:
        if self._deadline is None:
            self._deadline = time.monotonic() + self._seconds
        return self.is_left

    def _spent(self, error: ModelError) -> ModelError:
        first = str(error).partition("\n")[0]
        longer = f"It was not there within {self._seconds:g} s: give it more, such as --wait {2 * self._seconds:g}."
        return ModelError(error.kind, f"{first}\n{longer}", status=error.status, words=error.words)

    def _say(self, error: ModelError) -> None:
        first = str(error).partition("\n")[0]
        if first not in self._told:
            self._told.add(first)
            self._tell(f"{first.rstrip('. ')}. Waiting for it up to {self._seconds:g} s.")


def _may_be_starting(error: ModelError) -> bool:
    """Whether a server that is loading, or the gateway before it, answers so."""
    return isinstance(error, NobodyThereError) or error.status in STARTING
