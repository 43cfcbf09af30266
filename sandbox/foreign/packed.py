"""Packed files of others: what one unpacks to has a bound, in bytes and in lines. Knows no format and no packing."""

import io
from typing import Any, Final

from sandbox.foreign.bounded import TooLargeError

# Text is packed to a tenth, and rows that are much alike to a hundredth.
_ALL: Final = 256 * 2**20
_ALL_PER_BYTE: Final = 256
_LINE: Final = 1024  # bytes that stand for the time that a line takes, be it empty


def bounded(unpacked: Any, size: int) -> io.BufferedReader:
    """What the stream `unpacked` gives, of a file of `size` bytes. Reading it raises `TooLargeError`."""
    return io.BufferedReader(_Bounded(unpacked, size), 1 << 16)


class _Bounded(io.RawIOBase):
    def __init__(self, unpacked: Any, size: int) -> None:
        self._unpacked: Final = unpacked
        self._size: Final = size
        self._left = _ALL + _ALL_PER_BYTE * size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        block = self._unpacked.read(len(buffer))
        self._left -= len(block) + _LINE * block.count(b"\n")
        if self._left < 0:
            raise TooLargeError(f"{self._size} bytes that unpack to far more, which is read no further")
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._unpacked.close()
        super().close()
