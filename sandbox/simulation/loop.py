"""The event loop that works are run in."""

import asyncio
import gc
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")
# Objects between two looks for cycles. What a call leaves behind is freed by counting references, and looking as often
# as Python does takes a sixth of the processor time of a call.
GC_THRESHOLD: Final = 20_000


def in_loop(main: Coroutine[Any, Any, T]) -> T:
    """The result of `main` in an event loop of its own."""
    with _RARE_COLLECTIONS:
        return asyncio.run(main)


class _RareCollections:
    """A block in which cycles are looked for rarely; of blocks in several threads the last to end puts it back."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._open = 0
        self._before: tuple[int, int, int] = gc.get_threshold()

    def __enter__(self) -> None:
        with self._lock:
            if not self._open:
                self._before = gc.get_threshold()
                gc.set_threshold(GC_THRESHOLD)
            self._open += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._open -= 1
            if not self._open:
                gc.set_threshold(*self._before)


_RARE_COLLECTIONS: Final = _RareCollections()
