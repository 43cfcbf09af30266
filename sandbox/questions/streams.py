r"""The text of a file as lines, whatever it is packed in. Knows byte order marks, compression and line ends, no format.

Compression is told by the first bytes, or by the ending of a name; UTF-16 and UTF-32 by their byte order marks. Only
`\n` ends a line, because texts hold other breaks; in a file of one such line, `\r` does, as on old Macs.
"""

import codecs
import gzip
import io
import os
import re
import stat
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from sandbox.errors import UsageError
from sandbox.foreign.packed import bounded

LONGEST_LINE: Final = 16 * 2**20  # bytes; a small gzip file can unpack to a line that fills the memory
LONGEST_ARRAY: Final = 128 * 2**20  # it may stand in one line
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_PARQUET: Final = b"PAR1"
_MARKS: Final = (  # the longer first: one begins with another
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN: Final = (
    (rb"PK\x03\x04", "a spreadsheet or a zip archive", "save it as CSV, or unpack it"),
    (rb"\xd0\xcf\x11\xe0", "an old spreadsheet", "save it as CSV"),
    (rb"\xfd7zXZ|7z\xbc\xaf|BZh[1-9]1AY&SY", "compressed in a way that is not read", "unpack it first"),
    (rb"version https://git-lfs", "a pointer of Git LFS, not the file itself", "run `git lfs pull` where it lies"),
    (rb"(?i:\s*<(?:!doctype html|html[\s>]))", "a web page", "download the file itself"),
    (rb"(?:[^\0]\0){8}|(?:\0[^\0]){8}", "UTF-16 without a byte order mark", "save the file as UTF-8"),
)
_PIECE: Final = re.compile(rb"[^\r]*\r\n?|[^\r]+")
_BLOCK: Final = 2**16


class Line(NamedTuple):
    """A line with its ending, and where it stands."""

    number: int
    place: str
    text: str


def lines(file: io.BufferedReader, name: str, shown: str) -> Iterator[Line]:
    """The lines of `file`, which is called `name`; `UsageError`s begin with `shown`."""
    refuse_foreign(start := file.peek(_BLOCK), shown)
    if start.startswith(_PARQUET):
        raise UsageError(f"{shown} is Parquet, which is read from files whose name says so\nlet it end in .parquet")
    stream = _as_utf8(_unpacked(file, name.lower()), shown)
    for number, line in enumerate(_split(stream, shown), 1):
        place = f"{shown}, line {number}"
        yield Line(number, place, _decoded(line.removeprefix(codecs.BOM_UTF8) if number == 1 else line, place))


def packing(start: bytes) -> str | None:
    """What a file that begins so is packed with."""
    return "gzip" if start.startswith(_GZIP) else "zstd" if start.startswith(_ZSTD) else None


def refuse_foreign(start: bytes, shown: str) -> None:
    """Raise `UsageError` for a file that begins as no file of questions does."""
    for pattern, what, remedy in _FOREIGN:
        if re.match(pattern, start):
            raise UsageError(f"{shown} is {what}\n{remedy}")


def _unpacked(file: io.BufferedReader, name: str) -> io.BufferedReader:
    packed = packing(file.peek(len(_ZSTD)))
    if name.endswith(".gz") or packed == "gzip":
        return _bounded(gzip.GzipFile(fileobj=file), file)
    if name.endswith(".zst") or packed == "zstd":
        import pyarrow as pa

        return _bounded(pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd"), file)
    return file


def _bounded(unpacked: Any, file: io.BufferedReader) -> io.BufferedReader:
    """A pipe has no size that could be a measure; what comes out of one is its user's own doing."""
    try:
        found = os.fstat(file.fileno())
    except OSError:  # what is in memory is no file
        return io.BufferedReader(unpacked)
    return bounded(unpacked, found.st_size) if stat.S_ISREG(found.st_mode) else io.BufferedReader(unpacked)


def _as_utf8(stream: io.BufferedReader, shown: str) -> io.BufferedReader:
    start = stream.peek(_BLOCK)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return io.BufferedReader(_Transcoded(stream, encoding, shown))
    return stream


class _Transcoded(io.RawIOBase):
    """Text of another encoding as the bytes of UTF-8."""

    def __init__(self, stream: io.BufferedReader, encoding: str, shown: str) -> None:
        self._stream, self._encoding, self._shown = stream, encoding, shown
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        ended = False
        while not self._ready and not ended:
            block = self._stream.read(_BLOCK)
            ended = not block
            self._ready = self._decoded(block)
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def _decoded(self, block: bytes) -> bytes:
        try:
            return self._decoder.decode(block, final=not block).encode()
        except UnicodeError as error:
            wanted = self._encoding.upper()
            raise UsageError(f"{self._shown} is not {wanted} throughout\nsave the file as UTF-8") from error


def _split(stream: io.BufferedReader, shown: str) -> Iterator[bytes]:
    array = stream.peek(_BLOCK).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"[")
    most = LONGEST_ARRAY if array else LONGEST_LINE
    for number, line in enumerate(iter(lambda: stream.readline(most + 1), b""), 1):
        if len(line) > most:
            raise UsageError(f"{shown}, line {number}: longer than {most} bytes\nwanted: a line for each question")
        if number == 1 and b"\r" in line.removesuffix(b"\n").removesuffix(b"\r") and not stream.peek(1):
            yield from _PIECE.findall(line)  # it is the whole file, so `\r` ends its lines
        else:
            yield line


def _decoded(line: bytes, place: str) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        found = f"byte {error.start + 1} (0x{line[error.start]:02x}) is not UTF-8"
        raise UsageError(f"{place}: {found}\nsave the file as UTF-8") from error
