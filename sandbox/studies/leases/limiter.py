"""The limiter of a worker: the desk lends it a ticket for each try. Knows tickets and who waits for one.

Its window, pace and pauses are those of the limiter that the desk holds; health is what this worker saw.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from agents.limits.health import Health
from agents.limits.slot import Slot, estimate, when_let_in
from agents.model import RETRYABLE, ModelError, Reply, Request
from sandbox.studies.leases.budget import LeasedBudget
from sandbox.studies.leases.wire import UNUSED, Message, end_of


class LeasedLimiter:
    """At most `bound` tries at once, as a `Limiter`; a ticket goes with the slot that it becomes.

    Whoever waits in `enter` waits until the lease in `budget` covers what is in flight, too. `tell` hears that there is
    something to say to the desk.
    """

    def __init__(self, bound: int, budget: LeasedBudget, tell: Callable[[], object]) -> None:
        self.bound: Final = bound
        self.clock: Final = time.monotonic
        self.health: Final = Health()
        self.listeners: Final[list[Callable[[], object]]] = []
        self.on_the_wire = 0
        self._budget: Final = budget
        self._tell: Final = tell
        self._tickets: Final[deque[int]] = deque()
        self._waiting: Final[deque[tuple[asyncio.Future[Slot], Request]]] = deque()
        self._ends: Final[list[list[Any]]] = []
        self._wanted = self._received = self._until = 0
        self._sent = self._tokens = 0

    @property
    def window(self) -> int:
        """Tries that may be on their way at once, as far as is known here."""
        return self.on_the_wire + len(self._tickets)

    def may_enter(self) -> bool:
        """Whether a try may enter now, ahead of nobody."""
        return bool(self._tickets) and not self._waiting

    def want(self, calls: int) -> None:
        """So many calls could leave now: as many tickets are asked for, and others given back."""
        self._wanted = calls
        self._tell()

    def slot(self, request: Request) -> Slot:
        """Enter now: for a caller who saw that it is open."""
        tokens = estimate(request)
        if not self.on_the_wire:
            self.health.begins()
        self.on_the_wire += 1
        self._sent += 1
        self._tokens += tokens
        return Slot(self, self._tickets.popleft(), tokens, self.on_the_wire)

    async def enter(self, request: Request) -> Slot:
        """Wait until there is room, and enter. Raises `asyncio.CancelledError` where no budget is left for it."""
        turn: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, request))
        self.let_in()
        return await when_let_in(turn, self.leave)

    def leave(self, slot: Slot, reply: Reply | None, error: ModelError | None) -> None:
        """The try of `slot` ended; with neither `reply` nor `error` it was cancelled."""
        self.on_the_wire -= 1
        self._ends.append(end_of(slot.number, reply, error))
        if reply or (error and error.kind not in RETRYABLE):
            self.health.succeeded(slot.sent)
        elif error and error.kind == "rate_limited":
            self.health.refused()
        elif error:
            self.health.failed()
        self._tell()

    def let_in(self) -> None:
        """Let those who wait use the tickets that are here, and ask for others."""
        while self._waiting and self._tickets and self._budget.covers():
            turn, request = self._waiting.popleft()
            if not turn.done():
                turn.set_result(self.slot(request))
        if self._waiting and self._budget.is_refused:
            self._send_away()
        self._tell()

    def receive(self, part: Message) -> None:
        """The desk lent tickets, so many since the beginning; or it says that the endpoint seems gone."""
        if part.get("gone"):
            self.health.sent_away()
        self._tickets.extend(range(self._received + 1, part["lent"] + 1))
        self._received = part["lent"]
        self.let_in()
        for tell in self.listeners:
            tell()
        if not self.listeners:
            self.want(0)

    def take_message(self) -> dict[str, Any] | None:
        """What to tell the desk: what tickets came to, and up to which number it should lend others."""
        while len(self._tickets) > self._needed():  # calls that lack money would keep them from those that have some
            self._ends.append([self._tickets.pop(), UNUSED])
        until = self._received + max(0, self._needed() - len(self._tickets))
        # Until it is known how large requests are, one goes alone.
        until = until if self._sent else min(until, self._received + 1 - len(self._tickets))
        if until == self._until and not self._ends:
            return None
        self._until = until
        ends, self._ends[:] = [*self._ends], []
        return {"until": until, "tokens": self._tokens // max(self._sent, 1), "ends": ends}

    @property
    def is_short(self) -> bool:
        """Whether more tickets could be used than are here."""
        return self._needed() > len(self._tickets)

    def _send_away(self) -> None:
        """Nobody waits any more: there is nothing to pay their tries with."""
        for turn, _ in self._waiting:
            turn.cancel()
        self._waiting.clear()

    def _needed(self) -> int:
        """Tickets that would be used at once: none while those who wait, and go first, lack money."""
        while self._waiting and self._waiting[0][0].done():
            self._waiting.popleft()
        if self._waiting and not self._budget.covers():
            return 0
        return self._wanted + len(self._waiting)
