"""Members of a tar archive as POSIX.1-1988 (ustar) has them, with nothing that differs between machines. Knows bytes.

The head of a file follows from its path and its size alone, so that an archive is read by comparing.
"""

import tarfile
from typing import Final

BLOCK: Final = 512
END: Final = bytes(2 * BLOCK)
_MOST_OCTAL: Final = 8**11  # from here on sizes are binary, as GNU tar and all newer readers have it
_NAME, _PREFIX = 100, 155  # bytes
_CHECKSUM: Final = 148  # where it stands


class TooLongError(ValueError):
    """A path that has no room in the head of a member."""


def head(path: str, size: int) -> bytes:
    """The block before the `size` bytes of the file at `path`, which is ASCII. Raises `TooLongError`."""
    prefix, name = _split(path)
    length = b"%011o\0" % size if size < _MOST_OCTAL else b"\x80" + size.to_bytes(11, "big")
    parts = (
        name.encode("ascii").ljust(_NAME, b"\0"),
        b"0000644\0" + b"0000000\0" * 2,  # mode, user, group
        length,
        b"%011o\0" % 0,  # time
        b" " * 8,  # where the sum of all bytes comes
        b"0" + bytes(100),  # a regular file, which links to nothing
        b"ustar\x0000" + bytes(64),  # no names of user and group
        b"0000000\0" * 2,  # no device
        prefix.encode("ascii").ljust(_PREFIX, b"\0"),
    )
    block = b"".join(parts).ljust(BLOCK, b"\0")
    return block[:_CHECKSUM] + b"%06o\0 " % sum(block) + block[_CHECKSUM + 8 :]


def padding(size: int) -> bytes:
    """What follows `size` bytes of a file, up to a whole block."""
    return bytes(-size % BLOCK)


def told(block: bytes) -> tarfile.TarInfo | None:
    """What another head says, of any kind of member; None for what is no head."""
    try:
        return tarfile.TarInfo.frombuf(block, "ascii", "backslashreplace")
    except (tarfile.HeaderError, ValueError):
        return None


def _split(path: str) -> tuple[str, str]:
    """Folder and name as they have room in a head; all in the name where that is long enough."""
    if len(path) <= _NAME:
        return "", path
    for at in (place for place, letter in enumerate(path) if letter == "/"):
        if at <= _PREFIX and len(path) - at - 1 <= _NAME:
            return path[:at], path[at + 1 :]
    raise TooLongError(path)
