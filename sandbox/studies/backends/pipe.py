"""Messages between two processes over a socket, as lines of JSON, in one event loop each.

Neither end ever waits for the other. Knows lines; not what is said.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import orjson


class Pipe(asyncio.Protocol):
    """One end: `hear` is told each message; `closed` is done once the other end is gone."""

    def __init__(self, hear: Callable[[Mapping[str, Any]], object]) -> None:
        self._hear: Final = hear
        self._transport: asyncio.Transport | None = None
        self._begun = b""
        self.closed: Final[asyncio.Future[None]] = asyncio.get_running_loop().create_future()

    @classmethod
    async def over(cls, end: socket.socket, hear: Callable[[Mapping[str, Any]], object]) -> "Pipe":
        """The end of a pipe that `end` is."""
        _, pipe = await asyncio.get_running_loop().create_connection(lambda: cls(hear), sock=end)
        return pipe

    def send(self, message: Mapping[str, Any]) -> None:
        """Send it, unless the other end is gone."""
        if self._transport and not self._transport.is_closing():
            self._transport.write(orjson.dumps(message, default=list) + b"\n")

    def close(self) -> None:
        """Send what there is, and close."""
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The event loop has it."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take in what arrived; half a message waits for its other half, which may never come."""
        *lines, self._begun = (self._begun + data).split(b"\n")
        for line in lines:
            self._hear(orjson.loads(line))

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        """The other end is gone, however."""
        if not self.closed.done():
            self.closed.set_result(None)
