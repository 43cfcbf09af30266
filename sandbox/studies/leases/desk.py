"""The desk: holds the true limiters and the true budget of a study, and lends of both to workers elsewhere.

Knows cells and messages; a pipe or an actor carries them.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from agents.limits.limiter import Limiter
from sandbox.calls.budget import Budget
from sandbox.calls.spending import Amount
from sandbox.studies.leases.funds import Funds
from sandbox.studies.leases.tickets import Tickets
from sandbox.studies.leases.wire import Message


class Desk:
    """Lives in one event loop with limiters, each by a key that workers call its route by, and `budget`."""

    def __init__(self, budget: Budget) -> None:
        self._tickets: Final[dict[str, Tickets]] = {}
        self._funds: Final = Funds(budget, self._soon)
        self._deliver: Final[dict[int, Callable[[Message], object]]] = {}
        self._is_due = False

    def add(self, route: str, limiter: Limiter) -> None:
        """Lend of `limiter` from now on."""
        self._tickets[route] = Tickets(limiter, self._soon)

    def join(self, cell: int, deliver: Callable[[Message], object]) -> None:
        """A worker begins with `cell`. `deliver` carries a message to it, in order; it neither waits nor raises."""
        self._deliver[cell] = deliver
        self._funds.join(cell)

    def receive(self, cell: int, message: Message) -> None:
        """The worker of `cell`, which has joined, said `message`; what it said and was late is nothing any more."""
        if cell not in self._deliver:
            return
        self._funds.receive(cell, message["budget"])
        for route, part in message["routes"].items():
            self._tickets[route].receive(cell, part)

    def in_flight(self, cell: int) -> int:
        """How many calls the worker of `cell` can have in flight at most."""
        return sum(tickets.in_flight(cell) for tickets in self._tickets.values())

    def leave(self, cell: int, spent: Amount | None = None) -> None:
        """The worker of `cell` is gone.

        `spent` is all that it may have spent since it joined, for one that ended without a farewell: its journal says
        so. What it said before counts where `spent` is None.
        """
        if self._deliver.pop(cell, None):
            for tickets in self._tickets.values():
                tickets.leave(cell)
            self._funds.leave(cell, spent)

    def _soon(self) -> None:
        """Send once all that arrived by now was taken in."""
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._send)

    def _send(self) -> None:
        self._is_due = False
        for cell, deliver in [*self._deliver.items()]:
            if message := self._message(cell):
                deliver(message)

    def _message(self, cell: int) -> dict[str, Any]:
        parts = {route: tickets.take_message(cell) for route, tickets in self._tickets.items()}
        message: dict[str, Any] = {"routes": {route: part for route, part in parts.items() if part}}
        budget = self._funds.take_message(cell)
        if budget:
            message["budget"] = budget
        return message if budget or message["routes"] else {}
