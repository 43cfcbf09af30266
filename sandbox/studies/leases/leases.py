"""The worker's side: limiters and a budget that borrow from the desk, in the place of those of a run alone.

Knows who has something to say, and when it is said; not what.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from sandbox.calls.budget import Limits
from sandbox.studies.leases.budget import LeasedBudget
from sandbox.studies.leases.limiter import LeasedLimiter
from sandbox.studies.leases.wire import Message

# Turns of the event loop from the end of a try to the calls that follow: what both have to say goes together.
TURNS: Final = 3


class Leases:
    """`send` carries a message to the desk, in order; `limits` are those of the study's budget."""

    def __init__(self, send: Callable[[Message], object], limits: Limits | None = None) -> None:
        self._send: Final = send
        self._limiters: Final[dict[str, LeasedLimiter]] = {}
        self._is_due = False
        self.budget: Final = LeasedBudget(limits or Limits(), self._soon)

    def limiter(self, route: str, bound: int) -> LeasedLimiter:
        """In the place of a `Limiter` for the endpoint of `route`, of which the desk has the true one."""
        found = self._limiters.get(route)
        if found is None:
            found = self._limiters[route] = LeasedLimiter(bound, self.budget, self._soon)
        return found

    def receive(self, message: Message) -> None:
        """The desk said `message`."""
        if "budget" in message:
            self.budget.receive(message["budget"])
            for limiter in self._limiters.values():
                limiter.let_in()
        for route, part in message.get("routes", {}).items():
            self._limiters[route].receive(part)

    def flush(self) -> None:
        """Say now what there is to say."""
        self.budget.lacks_room = any(limiter.is_short for limiter in self._limiters.values())
        parts = {name: limiter.take_message() for name, limiter in self._limiters.items()}
        routes = {name: part for name, part in parts.items() if part}
        budget = self.budget.take_message(always=bool(routes))
        if budget:
            idle = not any(limiter.on_the_wire for limiter in self._limiters.values())
            self._send({"routes": routes, "budget": {**budget, "idle": idle}})
        self._is_due = False

    def farewell(self) -> None:
        """The run ended: say what it spent, and that nothing of the lease is needed any more."""
        self.flush()
        self._send({"routes": {}, "budget": {**(self.budget.take_message(always=True) or {}), "idle": True}})

    def _soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            self._after(TURNS)

    def _after(self, turns: int) -> None:
        loop = asyncio.get_running_loop()
        if turns:
            loop.call_soon(self._after, turns - 1)
        elif self._is_due:
            self.flush()
