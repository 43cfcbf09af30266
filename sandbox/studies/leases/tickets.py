"""The desk's side of one limiter: lends tickets for tries, to cells in order. Knows slots and cells, no budget."""

from collections.abc import Callable
from typing import Any, Final

from agents.limits.limiter import Limiter
from agents.limits.slot import Slot
from sandbox.studies.leases.wire import UNUSED, Message, outcome_of, request_of


class _Holder:
    """One worker: tickets `lent` to it since the beginning, the `slots` of those in use, and `until` which it wants."""

    def __init__(self) -> None:
        self.slots: Final[dict[int, Slot]] = {}
        self.until = self.lent = self.told = self.tokens = 0


class Tickets:
    """A ticket is a slot of `limiter`, which learns from it as from a try of its own.

    The first cell goes first, others fill what it leaves free. `tell` hears that tickets were lent.
    """

    def __init__(self, limiter: Limiter, tell: Callable[[], object]) -> None:
        self._limiter: Final = limiter
        self._tell: Final = tell
        self._holders: Final[dict[int, _Holder]] = {}
        self._is_gone = False
        self._told_gone: Final[set[int]] = set()
        limiter.listeners.append(self._lend)
        self._taking_in = False

    def receive(self, cell: int, part: Message) -> None:
        """What tickets of `cell` came to, and how many it wants."""
        holder = self._holders.setdefault(cell, _Holder())
        holder.until, holder.tokens = part["until"], part["tokens"]
        self._taking_in = True
        for end in part["ends"]:
            slot = holder.slots.pop(end[0])
            if end[1] == UNUSED:
                self._limiter.give_back(slot)
            else:
                self._limiter.leave(slot, *outcome_of(end))
        self._taking_in = False
        self._lend()

    def in_flight(self, cell: int) -> int:
        """How many tickets `cell` has that are not over."""
        return len(self._holders[cell].slots) if cell in self._holders else 0

    def leave(self, cell: int) -> None:
        """The worker of `cell` is gone, and what it had in flight."""
        holder = self._holders.pop(cell, _Holder())
        for slot in holder.slots.values():
            self._limiter.leave(slot, None, None)
        self._told_gone.discard(cell)

    def take_message(self, cell: int) -> dict[str, Any] | None:
        """What to tell the worker of `cell`."""
        holder = self._holders.get(cell)
        gone = holder is not None and self._limiter.health.seems_gone and cell not in self._told_gone
        if holder is None or (holder.told == holder.lent and not gone):
            return None
        holder.told = holder.lent
        if not gone:
            return {"lent": holder.lent}
        self._told_gone.add(cell)
        return {"lent": holder.lent, "gone": True}

    def _lend(self) -> None:
        if self._taking_in:
            return
        if self._limiter.health.seems_gone:
            self._tell()
        else:
            self._told_gone.clear()
        for cell in sorted(self._holders):
            self._lend_to(self._holders[cell])

    def _lend_to(self, holder: _Holder) -> None:
        while holder.lent < holder.until and self._limiter.may_enter():
            holder.lent += 1
            holder.slots[holder.lent] = self._limiter.slot(request_of(holder.tokens))
            self._tell()
