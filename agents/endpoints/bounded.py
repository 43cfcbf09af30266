"""Reads the body of an answer, and no body without end. Knows bytes; not what they say.

Import this module inside functions only: the layers below take a while to import.
"""

import asyncio
from collections.abc import Iterator
from functools import cached_property
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
        self._response: Final = response
        self._most: Final = most
        self._came = 0
        self._in_layers: Final = _Size()

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
        size = max(len(self.content), self._in_layers.bytes, self._came)
        if size > self._most:
            raise TooLongError
        return size

    @cached_property
    def _decoder(self) -> "httpx2._decoders.ContentDecoder | None":
        """What unpacks it, of all that the openai client says it takes; None where nothing does."""
        if "content-encoding" not in self._response.headers:
            return None
        # There is no public way to the decoders.
        decoder = httpx2.Response(self._response.status, headers=self._response.raw_headers)._get_content_decoder()
        if layers := getattr(decoder, "children", None):
            layers[:] = [_Layer(layer, self._in_layers) for layer in layers]
        return decoder


class _Size:
    """How much something is by now. A layer that knew its body would keep both until cycles are looked for."""

    bytes = 0


class _Layer:
    """`layer` of a body that was packed several times; `size` is what all of them gave, as each may keep it."""

    def __init__(self, layer: "httpx2._decoders.ContentDecoder", size: _Size) -> None:
        self._layer: Final = layer
        self._size: Final = size
        self.flush: Final = layer.flush

    def decode(self, packed: bytes) -> Iterator[bytes]:
        """Its parts, and an empty one that comes through all layers, so that what was kept is seen."""
        for part in self._layer.decode(packed) if packed else ():
            self._size.bytes += len(part)
            yield part
        yield b""
