"""Reads the body of an answer, and no body without end. Knows bytes; not what they say.

Import this module inside functions only: the layers below take a while to import.
"""

import asyncio
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

import aiohttp
import httpx2

# A reply of 128,000 tokens is 1 MB; as events, each token in a document of its own, 50,000 of them are 16 MB.
MOST_BYTES: Final = 16 * 2**20
# Of a body that is no reply the status says most, and its first sentence the rest.
MOST_OF_COMPLAINT: Final = 2**20
# What any number of replies may hold at once; beyond it they take turns, `_LARGE_AT_ONCE` of them.
_SMALL: Final = 2**20
_LARGE_AT_ONCE: Final = 2


class TooLongError(Exception):
    """A body that goes on beyond `MOST_BYTES`, unpacked or as it came."""


class BoundedReader:
    """Reads no more than `MOST_BYTES` of a reply, and of a body with an error status no more than its beginning."""

    def __init__(self) -> None:
        self._large: Final = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def read(self, response: aiohttp.ClientResponse) -> bytes:
        """The body of `response`, unpacked. Raises `TooLongError`, and what the layers below do."""
        whole = 200 <= response.status < 300
        body = _Body(response, MOST_BYTES if whole else MOST_OF_COMPLAINT)
        large = False
        try:
            while packed := await response.content.readany():
                for size in body.take(packed):
                    if size > _SMALL and not large:
                        large = await self._large.acquire()
            body.end()
        except (TooLongError, httpx2.DecodingError, aiohttp.ClientPayloadError):
            if whole:  # of a complaint the status and the headers are there
                raise
        finally:
            if large:
                self._large.release()
        return bytes(body.content)


class _Body:
    """What was read of the body of `response`, of which there may be `most` bytes: unpacked, and as it came."""

    def __init__(self, response: aiohttp.ClientResponse, most: int) -> None:
        self.content = bytearray()  # a list of pieces of a byte each would be many times as large
        self._most: Final = most
        self._came = 0
        self._decoder: Final = _decoder(response, most) if "content-encoding" in response.headers else None

    def take(self, packed: bytes) -> Iterator[int]:
        """How much it is with each piece of `packed`, of at most 1 MiB. Raises `TooLongError`, here and in between."""
        self._came += len(packed)
        # Much may come that unpacks to nothing.
        for part in chain(self._decoder.decode(packed), [b""]) if self._decoder else (packed,):
            yield self._add(part)

    def end(self) -> None:
        """Nothing more comes."""
        for part in self._decoder.flush() if self._decoder else ():
            self._add(part)

    def _add(self, part: bytes) -> int:
        self.content += part
        size = max(len(self.content), self._came)
        if size > self._most:
            raise TooLongError
        return size


def _decoder(response: aiohttp.ClientResponse, most: int) -> "httpx2._decoders.ContentDecoder":
    """What unpacks the body of `response`, of all that the openai client says it takes.

    It raises `TooLongError` where a body that was packed several times is more than `most` in between.
    """
    # There is no public way to the decoders.
    decoder = httpx2.Response(response.status, headers=response.raw_headers)._get_content_decoder()
    for layer in getattr(decoder, "children", ()):
        layer.decode = _bounded(layer.decode, most)
    return decoder


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
