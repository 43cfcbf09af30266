"""The openai client's own HTTP client, which reads no body without end. Knows bytes; not what they say.

Import this module inside functions only: the openai client takes a second to import.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import chain
from typing import Any, Final

import httpx2
import openai

# A reply of 128,000 tokens is 1 MB; as events, each token in a document of its own, 50,000 of them are 16 MB.
MOST_BYTES: Final = 16 * 2**20
# Of a body that is no reply the status says most, and its first sentence the rest.
MOST_OF_COMPLAINT: Final = 2**20
# What any number of replies may hold at once; beyond it they take turns, `_LARGE_AT_ONCE` of them.
_SMALL: Final = 2**20
_LARGE_AT_ONCE: Final = 2


class TooLongError(Exception):
    """A body that goes on beyond `MOST_BYTES`, unpacked or as it came."""


class BoundedClient(openai.DefaultAioHttpClient):
    """Reads no more than `MOST_BYTES` of a reply, and of a body with an error status no more than its beginning."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._large: Final = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """What `request` is answered, read whole. Raises `TooLongError`, and what the client it is does."""
        response = await super().send(request, **{**options, "stream": True})
        try:
            # A response has no public way to be given what was read of it.
            response._content = await self._read(response)
        finally:
            await response.aclose()
        return response

    async def _read(self, response: httpx2.Response) -> bytes:
        whole = response.is_success
        most = MOST_BYTES if whole else MOST_OF_COMPLAINT
        body = bytearray()  # a list of pieces of a byte each would be many times as large
        large = False
        try:
            async for size, part in _unpacked(response, most):
                body += part
                if size > most:
                    raise TooLongError  # noqa: TRY301
                if size > _SMALL and not large:
                    large = await self._large.acquire()
        except TooLongError:
            if whole:
                raise
        finally:
            if large:
                self._large.release()
        return bytes(body)


async def _unpacked(response: httpx2.Response, most: int) -> AsyncIterator[tuple[int, bytes]]:
    """What comes, in pieces of at most 1 MiB, with how much it is by then: unpacked or as it came, what is more.

    Raises `TooLongError` where a body that was packed several times is more than `most` in between.
    """
    decoder, size = response._get_content_decoder(), 0
    for layer in getattr(decoder, "children", ()):
        layer.decode = _bounded(layer.decode, most)
    async for packed in response.aiter_raw():
        for part in chain(decoder.decode(packed), [b""]):  # much may come that unpacks to nothing
            size += len(part)
            yield max(size, response.num_bytes_downloaded), part
    for part in decoder.flush():
        yield size + len(part), part


def _bounded(decode: Callable[[bytes], Iterator[bytes]], most: int) -> Callable[[bytes], Iterator[bytes]]:
    """`decode`, which raises `TooLongError` once all that it gave is more than `most` bytes."""
    size = 0

    def bounded(packed: bytes) -> Iterator[bytes]:
        nonlocal size
        for part in decode(packed):
            size += len(part)
            if size > most:
                raise TooLongError
            yield part

    return bounded
