"""An event loop whose time passes only while everybody sleeps: minutes of waiting take no time, and timing is exact."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, Final

# Nothing that ends waits for so many seconds, or goes round so often while no time passes.
FOR_EVER: Final = 10**7
ENDLESSLY: Final = 10**5


class _Jumping(selectors.SelectSelector):
    """Never waits: tells how long it was asked to."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump: Final = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits for something that never comes")
        self._jump(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` starts at 0 seconds."""

    def __init__(self) -> None:
        self._now = 0.0
        self._turns = 0
        super().__init__(_Jumping(self._advance))

    def time(self) -> float:
        """Seconds that were slept."""
        return self._now

    def _advance(self, seconds: float) -> None:
        before = self._now
        self._now += seconds
        self._turns = self._turns + 1 if self._now == before else 0
        if self._now > FOR_EVER or self._turns > ENDLESSLY:
            raise RuntimeError(f"no end is in sight after {self._now} seconds")


def run_virtually(main: Callable[[], Coroutine[Any, Any, object]]) -> float:
    """Run `main()` to its end; the seconds it took. Raises `RuntimeError` if it never ends."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())
        return runner.get_loop().time()


def now() -> float:
    """The clock of whoever runs in a virtual loop: seconds since it began."""
    return asyncio.get_running_loop().time()
