"""The first bytes of a file and their sha256, by which they are known again. Knows bytes, not lines."""

import hashlib
from pathlib import Path
from typing import Final

from memory.opening import open_to_read
from sandbox.runs.asks import Count, Record

_BLOCK_BYTES: Final = 1 << 20


class Beginning(Record):
    """The first so many `bytes` of a file, and their `sha256` (hex)."""

    bytes: Count
    sha256: str

    def is_of(self, path: Path) -> bool:
        """Whether the file at `path` begins so. Raises `OSError` for what cannot be read."""
        found = Written()
        with open_to_read(path) as file:
            while block := file.read(min(_BLOCK_BYTES, self.bytes - found.bytes)):
                found.add(block)
        return found.beginning == self


class Written:
    """What is written into a file, or found there, from its first byte on: its length, and its sha256 by now."""

    def __init__(self) -> None:
        self.bytes = 0
        self._digest: Final = hashlib.sha256()

    def add(self, data: bytes) -> None:
        """`data` comes next."""
        self.bytes += len(data)
        self._digest.update(data)

    @property
    def beginning(self) -> Beginning:
        """All of it so far."""
        return Beginning(bytes=self.bytes, sha256=self._digest.hexdigest())
