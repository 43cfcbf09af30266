"""Serves beside synchronous tests, on a thread. Knows nothing of what is served."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fake_endpoint.behaviour import Behaviour
from fake_endpoint.server import Server


@contextmanager
def serve(behaviour: Behaviour | None = None, *, clock: Callable[[], float] = time.monotonic) -> Iterator[Server]:
    """A server on a thread of its own, until the block ends; `clock` is that of its token bucket.

    Raises `ValueError` for a behaviour that would end the caller too.
    """
    server = Server(behaviour or Behaviour(), clock=clock)
    if server.behaviour.die_after is not None:
        raise ValueError("die_after would end this process: run python -m fake_endpoint --die-after instead.")
    listening = threading.Event()
    ending: list[Callable[[], object]] = []

    async def live() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        ending.append(lambda: loop.call_soon_threadsafe(ended.set))
        runner = await server.start(0)
        listening.set()
        await ended.wait()
        await server.stop(runner)

    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    try:
        assert listening.wait(10)
        yield server
    finally:
        ending[0]()
        thread.join()


def unused_url() -> str:
    """A base URL where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"
