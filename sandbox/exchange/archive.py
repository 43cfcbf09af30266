"""The members of a zip that somebody else made: bounded in number and size, and unpacked also where zstd was used.

Knows no names. `zipfile` of Python before 3.14 has no zstd, with which inspect packs; pyarrow, which is here, has.
"""

import copy
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, Final

from memory.opening import open_to_read
from sandbox.errors import UsageError, of_reading

_MOST_MEMBERS: Final = 1_000_000
_MOST_MEMBER: Final = 1 << 26  # bytes, unpacked
_MOST_ALL: Final = 1 << 30  # bytes, unpacked
_MOST_FILE: Final = 1 << 31  # bytes
_BLOCK: Final = 1 << 20
_ENTRY: Final = b"PK\x01\x02"  # begins each entry of the list of members (APPNOTE.TXT 4.3.12)
_ZSTD: Final = 93  # APPNOTE.TXT 4.4.5
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, _ZSTD)
# What `zipfile`, zlib and pyarrow raise for bytes that are no archive, or one that they cannot read.
_DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    OverflowError,
    struct.error,
)


def members(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Name and content of each member whose name is `wanted`; the last of those that share one.

    Raises `UsageError` for what is no such archive, or too large.
    """
    try:
        with open_to_read(path) as file:
            _check(file, path)
            with zipfile.ZipFile(file) as archive:
                yield from _contents(archive, path, wanted)
    except _DAMAGED as error:
        why = of_reading(error) if isinstance(error, OSError | EOFError) else "it is no zip, or damaged"
        raise UsageError(f"{path}: cannot be read: {why}.") from None


def _contents(archive: zipfile.ZipFile, path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    total = 0
    for info in {each.filename: each for each in archive.infolist()}.values():
        if wanted(info.filename):
            content = _content(archive, info, path)
            total += len(content)
            if total > _MOST_ALL:
                raise _too_large(path, _MOST_ALL)
            yield info.filename, content


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> bytes:
    if info.compress_type not in _METHODS or info.flag_bits & 1:
        raise UsageError(f"{path}: a member is packed or locked in a way that is not known here.")
    if info.compress_type != _ZSTD:
        with archive.open(info) as member:
            return _read(member, path)
    import pyarrow as pa

    packed = copy.copy(info)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, info.compress_size
    packed.CRC = None  # type: ignore[assignment]  # it is of what is unpacked
    with archive.open(packed) as member:
        source = pa.BufferReader(_read(member, path))
    return _read(pa.CompressedInputStream(source, "zstd"), path)


def _read(member: IO[bytes] | Any, path: Path) -> bytes:
    """All of it, unless it is too large."""
    blocks, size = [], 0
    while block := member.read(_BLOCK):
        blocks.append(block)
        size += len(block)
        if size > _MOST_MEMBER:
            raise _too_large(path, _MOST_MEMBER)
    return b"".join(blocks)


def _check(file: BufferedReader, path: Path) -> None:
    """That listing the members takes no more memory than it may: `zipfile` reads the whole list at once."""
    if os.fstat(file.fileno()).st_size > _MOST_FILE:
        raise _too_large(path, _MOST_FILE)
    count, before = 0, b""
    while block := file.read(_BLOCK):
        count += (before + block).count(_ENTRY)
        before = block[-len(_ENTRY) + 1 :]
    if count > _MOST_MEMBERS:
        raise UsageError(f"{path}: it has more than {_MOST_MEMBERS:,} members.")
    file.seek(0)


def _too_large(path: Path, most: int) -> UsageError:
    return UsageError(f"{path}: a member, or all of them, are larger than {most >> 20} MiB.")
