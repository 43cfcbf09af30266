"""Replies without end, as they come and as they unpack. Knows nothing of what they say, which is zeros."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import repeat
from typing import Final

from aiohttp import web

PIECE: Final = bytes(2**20)
ENDLESS, UNPACKED = 3 * 2**10, 600  # MiB


def endless() -> Iterator[bytes]:
    """3 GB."""
    return repeat(PIECE, ENDLESS)


def packed() -> Iterator[bytes]:
    """600 KB that unpack to 600 MB."""
    packer = zlib.compressobj(9, wbits=31)
    for _ in range(UNPACKED):
        yield packer.compress(PIECE)
    yield packer.flush()


FLOODS: Final[Mapping[str, Callable[[], Iterator[bytes]]]] = {"endless": endless, "packed": packed}


async def send_flood(request: web.Request, name: str) -> web.StreamResponse:
    """Answer `request` with the flood of that name, until its client has enough."""
    packing = {"Content-Encoding": "gzip"} if name == "packed" else {}
    response = web.StreamResponse(headers={"Content-Type": "application/json", **packing})
    await response.prepare(request)
    with suppress(ConnectionResetError):
        for piece in FLOODS[name]():
            await response.write(piece)
    return response
