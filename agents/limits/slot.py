"""A try on its way, and the gate that it passed. Knows what a try brought; not when one may be made."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self

from agents.limits.health import Health
from agents.model import ModelError, Reply, Request

BYTES_PER_TOKEN: Final = 4


class Gate(Protocol):
    """What lets tries leave for an endpoint: a `Limiter`, or what borrows from one elsewhere."""

    @property
    def bound(self) -> int:
        """The most that may ever be on their way at once."""
        ...

    @property
    def clock(self) -> Callable[[], float]:
        """Seconds."""
        ...

    @property
    def health(self) -> Health:
        """Whether the endpoint is there."""
        ...

    @property
    def listeners(self) -> list[Callable[[], object]]:
        """They are told of room."""
        ...

    @property
    def on_the_wire(self) -> int:
        """Tries that are on their way."""
        ...

    @property
    def window(self) -> int:
        """Tries that may be on their way at once, as far as is known by now."""
        ...

    def may_enter(self) -> bool:
        """Whether a try may enter now, ahead of nobody."""
        ...

    def want(self, calls: int) -> None:
        """So many calls could leave now."""
        ...

    def slot(self, request: Request) -> "Slot":
        """Enter now: for a caller who saw that it is open."""
        ...

    async def enter(self, request: Request) -> "Slot":
        """Wait until there is room, and enter."""
        ...

    def leave(self, slot: "Slot", reply: Reply | None, error: ModelError | None) -> None:
        """The try of `slot` ended; with neither `reply` nor `error` it was cancelled."""
        ...


class Slot:
    """A try on its way, from when this is made to the end of `with`; `answered` tells what it brought.

    Its `number` is that in order of leaving, its `place` how many were on their way when it left, itself among them.
    """

    def __init__(self, limiter: Gate, number: int, tokens: int, place: int) -> None:
        self._limiter: Final = limiter
        self.number: Final = number
        self.tokens: Final = tokens
        self.place: Final = place
        self.sent: Final = limiter.clock()
        self._reply: Reply | None = None

    def answered(self, reply: Reply) -> None:
        """The try brought `reply`."""
        self._reply = reply

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._limiter.leave(self, self._reply, error if isinstance(error, ModelError) else None)


def estimate(request: Request) -> int:
    """Tokens that `request` will use at most, roughly: endpoints count the limit of the reply as used up."""
    return sum(len(message.content.encode()) for message in request.messages) // BYTES_PER_TOKEN + request.max_tokens


async def when_let_in(turn: "asyncio.Future[Slot]", leave: Callable[[Slot, None, None], object]) -> Slot:
    """The slot that `turn` comes to; who is cancelled when it has come leaves at once."""
    try:
        return await turn
    except asyncio.CancelledError:
        if turn.done() and not turn.cancelled():
            leave(turn.result(), None, None)
        raise
