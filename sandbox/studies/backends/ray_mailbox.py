"""The one actor of a study on Ray: who may write which cell, and letters between the parent and its workers.

Knows numbers and letters, not what they say. Needs no CPU of the cluster, and nothing of Ray to be tried out.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

# Seconds after which a worker that could not renew its lease has ended itself, and after which the lease goes to
# another: what lies between is for a process that is slow to end.
STOPS_AFTER: Final = 10.0
LAPSES_AFTER: Final = 20.0
# Seconds that somebody waits for letters before it asks again.
_PATIENCE: Final = 30.0

Letter = dict[str, Any]
# Of the mailbox to the parent; of workers to the parent and back; of the parent.
BEGUN, ENDED, LOST = "begun", "ended", "lost"
TOLD, LEASE = "told", "lease"
WELCOME = "welcome"


class _Box:
    """Letters that wait for one reader."""

    def __init__(self) -> None:
        self._letters: list[Any] = []
        self._there: Final = asyncio.Event()

    def put(self, letters: Sequence[Any]) -> None:
        """Letters for the reader, in order."""
        self._letters.extend(letters)
        if self._letters:
            self._there.set()

    async def take(self) -> list[Any]:
        """All letters, once there are some; none after a while."""
        try:
            await asyncio.wait_for(self._there.wait(), _PATIENCE)
        except TimeoutError:
            return []
        self._there.clear()
        letters, self._letters = self._letters, []
        return letters


class _Lease:
    """The right to write one cell, until it is given back or lapses."""

    def __init__(self, number: int) -> None:
        self.number: Final = number
        self.box: Final = _Box()
        self._over: Final = asyncio.Event()
        self._until = 0.0
        self.renew()

    def renew(self) -> None:
        """It holds from now on."""
        self._until = _now() + LAPSES_AFTER

    def end(self) -> None:
        """It is given back."""
        self._over.set()

    @property
    def holds(self) -> bool:
        """Whether its worker may write."""
        return not self._over.is_set() and _now() < self._until

    async def has_ended(self) -> bool:
        """Wait for its end; whether it was given back, or has lapsed."""
        while self.holds:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), max(0.0, self._until - _now()))
        return self._over.is_set()


class Mailbox:
    """Leases of cells by index: one worker has the lease of a cell at a time, and only its letters are taken.

    A new lease has a higher number than all before, and is given when that of before was given back or has lapsed: by
    then a worker that lost its node, or its way to this one, has ended itself.
    """

    def __init__(self) -> None:
        self._leases: Final[dict[int, _Lease]] = {}
        self._parent: Final = _Box()
        self._watching: Final[set[asyncio.Task[None]]] = set()

    async def begin(self, cell: int) -> int:
        """The number of a new lease of `cell`, once it can be given."""
        while (before := self._leases.get(cell)) and before.holds:
            await before.has_ended()
        lease = self._leases[cell] = _Lease(before.number + 1 if before else 1)
        self._parent.put([(cell, lease.number, {BEGUN: True})])
        watching = asyncio.create_task(self._watch(cell, lease))
        self._watching.add(watching)
        watching.add_done_callback(self._watching.discard)
        return lease.number

    async def renew(self, cell: int, number: int) -> bool:
        """Whether the worker still has the lease, which holds on then."""
        lease = self._current(cell, number)
        if lease:
            lease.renew()
        return lease is not None

    async def end(self, cell: int, number: int) -> None:
        """The worker gives its lease back, and said all it had to say."""
        lease = self._current(cell, number)
        if lease:
            self._parent.put([(cell, number, {ENDED: True})])
            lease.end()

    async def say(self, cell: int, number: int, letters: Sequence[Letter]) -> None:
        """Letters of a worker to the parent; those of one that lost its lease are dropped."""
        if self._current(cell, number):
            self._parent.put([(cell, number, letter) for letter in letters])

    async def hear(self, cell: int, number: int) -> list[Letter]:
        """Letters to this worker."""
        lease = self._current(cell, number)
        return await lease.box.take() if lease else []

    async def tell(self, letters: Sequence[tuple[int, int, Letter]]) -> None:
        """Letters of the parent to workers, by cell and number."""
        for cell, number, letter in letters:
            if lease := self._current(cell, number):
                lease.box.put([letter])

    async def listen(self) -> list[tuple[int, int, Letter]]:
        """Letters to the parent, and from which cell and number they are."""
        return await self._parent.take()

    async def _watch(self, cell: int, lease: _Lease) -> None:
        """Tell the parent if `lease` lapses: what its worker borrowed is needed, and another may wait for just that."""
        if not await lease.has_ended():
            self._parent.put([(cell, lease.number, {LOST: True})])

    def _current(self, cell: int, number: int) -> _Lease | None:
        """The lease of this number, if it holds."""
        lease = self._leases.get(cell)
        return lease if lease and lease.number == number and lease.holds else None


def _now() -> float:
    return asyncio.get_running_loop().time()
