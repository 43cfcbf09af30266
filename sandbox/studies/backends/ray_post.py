"""The parent's side of the mailbox: letters of workers to the cells that they are of, and letters to workers, in order.

Knows cells by index and letters by what they are for.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Final, Self

from sandbox.studies.backends.ray_mailbox import ENDED, LAPSES_AFTER, Letter


class Correspondence:
    """Letters of the workers of one cell, who come one after the other."""

    def __init__(self, hear: Callable[[int, Letter], object]) -> None:
        self._hear: Final = hear
        self._has_ended: Final = asyncio.Event()

    def hear(self, number: int, letter: Letter) -> None:
        """A letter of the worker whose lease has this number."""
        self._hear(number, letter)
        if ENDED in letter:
            self._has_ended.set()
        else:
            self._has_ended.clear()

    async def end(self) -> bool:
        """Wait until the last worker has said all; False if it has not for as long as its lease lasts."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._has_ended.wait(), LAPSES_AFTER)
        return self._has_ended.is_set()


class Post:
    """Takes letters from `mailbox` between `async with` and its end, and hands them to whoever waits for them."""

    def __init__(self, mailbox: Any) -> None:
        self._mailbox: Final = mailbox
        self._open: Final[dict[int, Correspondence]] = {}
        self._outbox: Final[asyncio.Queue[tuple[int, int, Letter]]] = asyncio.Queue()
        self._carrying: Final[list[asyncio.Task[None]]] = []

    async def __aenter__(self) -> Self:
        self._carrying.extend(asyncio.create_task(each) for each in (self._listen(), self._send()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._carrying:
            each.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    @contextmanager
    def with_cell(self, cell: int, hear: Callable[[int, Letter], object]) -> Iterator[Correspondence]:
        """Hand letters of the workers of `cell`, and the numbers of their leases, to `hear` as long as this lasts."""
        self._open[cell] = found = Correspondence(hear)
        try:
            yield found
        finally:
            del self._open[cell]

    def tell(self, cell: int, number: int, letter: Letter) -> None:
        """Send `letter` to the worker of `cell` whose lease has this number, if it still holds it."""
        self._outbox.put_nowait((cell, number, letter))

    async def _listen(self) -> None:
        while True:
            for cell, number, letter in await self._mailbox.listen.remote():
                if cell in self._open:
                    self._open[cell].hear(number, letter)

    async def _send(self) -> None:
        """One message after the other, so that letters stay in order."""
        while True:
            letters = [await self._outbox.get()]
            while not self._outbox.empty():
                letters.append(self._outbox.get_nowait())
            await self._mailbox.tell.remote(letters)
