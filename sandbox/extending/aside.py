"""What the code of an extension prints goes to stderr: on stdout stands what the command answers, JSON or CSV.

Only while that code runs, and in its own thread: others of this process print between its steps, and beside them where
Python code has several works done at once. Knows no extension.
"""

import sys
import threading
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Final, Generic, TextIO, TypeVar, cast

T = TypeVar("T")


class _Here(threading.local):
    """How many such blocks this thread is in."""

    blocks = 0


class _Parted:
    """In the place of `stdout`: who is `here` in such a block, or keeps this beyond it, writes to stderr.

    All others write as ever.
    """

    def __init__(self, stdout: TextIO, here: _Here) -> None:
        self._stdout: Final = stdout
        self._here: Final = here

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr if self._here.blocks or sys.stdout is not self else self._stdout, name)


class _Aside:
    """A block in which `print` writes to stderr; of blocks in several threads the last to end puts stdout back."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._here: Final = _Here()
        self._open = 0
        self._before = sys.stdout

    def __enter__(self) -> None:
        self._here.blocks += 1
        with self._lock:
            if not self._open:
                self._before = sys.stdout
                sys.stdout = cast(TextIO, _Parted(self._before, self._here))
            self._open += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._open -= 1
            if not self._open:
                sys.stdout = self._before
        self._here.blocks -= 1


# It awaits nothing: whoever goes on meanwhile in its thread would be aside, too.
ASIDE: Final = _Aside()


class Aside(Generic[T]):
    """To be awaited: what `method` answers, each step of it aside; many of them take turns in one event loop."""

    def __init__(self, method: Callable[[], Awaitable[T]]) -> None:
        self._method: Final = method

    def __await__(self) -> Generator[Any, Any, T]:
        """Hand on what it waits for and hand back what came of that, as `yield from` does (PEP 380)."""
        steps = self._answered()
        step: Callable[[Any], Any] = steps.send
        given: object = None
        while True:
            with ASIDE:
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
