"""Runs a work in an event loop of its own thread, whether or not a loop runs here, and answers Ctrl-C.

A notebook runs a loop already, and a library installs no handler of signals: whoever waits here is told of Ctrl-C by
Python itself, in the main thread, and tells the work. Knows no work.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from contextlib import suppress
from contextvars import copy_context
from typing import Any, Final, Generic, TypeVar

from sandbox.simulation.loop import in_loop

T = TypeVar("T")


def waited_for(main: Callable[[], Coroutine[Any, Any, T]], stop: Callable[[], bool]) -> T:
    """The result of `main`, which another thread runs in the context of this one.

    Ctrl-C once: `stop` it, and wait for calls in flight. Twice, or where `stop` says that there is none: end it at
    once. Raises `KeyboardInterrupt` then, when the work has ended.
    """
    work = _Work(main, stop)
    thread = threading.Thread(target=copy_context().run, args=(in_loop_of, work), daemon=True, name="sandbox")
    interrupted = False
    while not work.ended.done():
        try:
            if thread.ident is None:
                _start(thread)
            wait([work.ended])
        except KeyboardInterrupt:
            if thread.ident is None:
                raise
            interrupted = True
            work.interrupt()
    try:
        result = work.ended.result()
    except asyncio.CancelledError:  # a thread that loads a library is not waited for
        raise KeyboardInterrupt from None
    thread.join()
    if interrupted:
        raise KeyboardInterrupt
    return result


def _start(thread: threading.Thread) -> None:
    """Start `thread`, or not at all: Ctrl-C comes before or after. It goes to who waits alone, who wakes up by it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Work(Generic[T]):
    def __init__(self, main: Callable[[], Coroutine[Any, Any, T]], stop: Callable[[], bool]) -> None:
        self._main: Final = main
        self._stop: Final = stop
        self._begun: Final = threading.Event()
        self.ended: Final[Future[T]] = Future()

    async def run(self) -> None:
        """Run it to its end, which `ended` tells before the loop is closed."""
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._begun.set()
        try:
            result = await self._main()
        except BaseException as error:  # noqa: BLE001  # it is raised where the work is waited for
            self.ended.set_exception(error)
        else:
            self.ended.set_result(result)

    def interrupt(self) -> None:
        """From another thread: stop it, or end it at once."""
        self._begun.wait()
        with suppress(RuntimeError):  # it ended meanwhile
            self._loop.call_soon_threadsafe(self._answer)

    def _answer(self) -> None:
        if not self._stop() and self._task:
            self._task.cancel()


def in_loop_of(work: _Work[T]) -> None:
    """Run `work` in a loop of this thread."""
    in_loop(work.run())
