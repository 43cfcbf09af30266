"""What the code of an extension prints goes to stderr: on stdout stands what the command answers, JSON or CSV.

Only while that code runs, because others of this process print between its steps. Knows no extension.

Only in the main thread, where commands and the processes of studies work: in a program of Python works have threads of
their own, stdout is that program's, and two who put it back for each other would leave it wrong.
"""

import sys
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")


def aside() -> AbstractContextManager[object]:
    """A block that awaits nothing, in which `print` writes to stderr."""
    is_main = threading.current_thread() is threading.main_thread()
    return redirect_stdout(sys.stderr) if is_main else nullcontext()


class Aside(Generic[T]):
    """To be awaited: what `method` answers, each step of it `aside`; many of them take turns in one event loop."""

    def __init__(self, method: Callable[[], Awaitable[T]]) -> None:
        self._method: Final = method

    def __await__(self) -> Generator[Any, Any, T]:
        """Hand on what it waits for and hand back what came of that, as `yield from` does (PEP 380)."""
        steps = self._answered()
        step: Callable[[Any], Any] = steps.send
        given: object = None
        while True:
            with aside():
                try:
                    waits_for = step(given)
                except StopIteration as done:
                    answer: T = done.value
                    return answer
            try:
                step, given = steps.send, (yield waits_for)
            except BaseException as error:  # noqa: BLE001  # its own to answer, a cancellation too
                step, given = steps.throw, error

    async def _answered(self) -> T:
        return await self._method()
