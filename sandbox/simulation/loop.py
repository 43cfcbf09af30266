"""The event loop that works are run in."""

import asyncio
import gc
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

T = TypeVar("T")
# Objects between two looks for cycles. What a call leaves behind is freed by counting references, and looking as often
# as Python does takes a sixth of the processor time of a call.
GC_THRESHOLD: Final = 20_000


def in_loop(main: Coroutine[Any, Any, T]) -> T:
    """The result of `main` in an event loop of its own."""
    with _rare_collections():
        return asyncio.run(main)


@contextmanager
def _rare_collections() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(GC_THRESHOLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
