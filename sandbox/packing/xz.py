"""One xz stream: packed with settings that stand here, unpacked piece by piece in bounded memory. Knows no member."""

import lzma
from collections.abc import Iterable, Iterator
from io import BufferedReader
from typing import Any, Final

# Those of `xz -1`, written out: what a number stands for may change.
_FILTERS: Final[list[dict[str, Any]]] = [
    {
        "id": lzma.FILTER_LZMA2,
        "dict_size": 1 << 20,
        "lc": 3,
        "lp": 0,
        "pb": 2,
        "mode": lzma.MODE_FAST,
        "nice_len": 128,
        "mf": lzma.MF_HC4,
        "depth": 8,
    }
]
_MOST_MEMORY: Final = 16 << 20  # bytes, of which these settings take two
_BLOCK: Final = 1 << 16
_SHORT: Final = "it ends too early"


class DamagedError(ValueError):
    """What is no whole xz stream, or needs more memory than ours do; `str()` says it."""


def packed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The xz stream of `blocks`: the same bytes however they are cut."""
    packer = lzma.LZMACompressor(lzma.FORMAT_XZ, lzma.CHECK_CRC64, filters=_FILTERS)
    for block in blocks:
        yield packer.compress(block)
    yield packer.flush()


class Unpacking:
    """What a file, which is one xz stream and no more, unpacks to."""

    def __init__(self, file: BufferedReader) -> None:
        self._file: Final = file
        self._stream: Final = lzma.LZMADecompressor(lzma.FORMAT_XZ, _MOST_MEMORY)

    def read(self, most: int) -> bytes:
        """The next bytes, up to `most` of them and at least one. Raises `DamagedError` where there is none."""
        if found := self._some(most):
            return found
        raise DamagedError(_SHORT)

    def exactly(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes, in pieces. Raises `DamagedError`."""
        while size:
            block = self.read(min(size, _BLOCK))
            size -= len(block)
            yield block

    def is_over(self) -> bool:
        """Whether nothing more comes, and what came is whole. Raises `DamagedError`."""
        return not self._some(1) and not self._stream.unused_data and not self._file.read(1)

    def _some(self, most: int) -> bytes:
        """The same; nothing at the end of the stream, whose sums were right then."""
        while not self._stream.eof:
            block = self._file.read(_BLOCK) if self._stream.needs_input else b""
            if not block and self._stream.needs_input:
                raise DamagedError(_SHORT)
            try:
                if found := self._stream.decompress(block, most):
                    return found
            except lzma.LZMAError:
                raise DamagedError("it is no xz file, or damaged") from None
        return b""
