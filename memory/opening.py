"""Opens files that others may have put there: regular ones, with no link on the way. Knows paths and descriptors.

The folder that a user named may be a link: that is the user's own word. What lies in it is whose it was made by.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EFBIG, EINVAL, EMLINK
from io import BufferedReader
from pathlib import Path
from typing import Final

# Not to hang: a pipe put there meanwhile is opened without waiting for its other end, and refused.
_SAFE: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
# A folder that may be entered and not be listed will do, where a system has a way to say so.
_FOLDER: Final = os.O_DIRECTORY | getattr(os, "O_PATH", os.O_RDONLY)
_WRITING: Final = os.O_WRONLY | os.O_RDWR
_KINDS: Final = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class ForeignFileError(OSError):
    """What lies at `filename` is no file to read or write; `strerror` says why."""


def open_regular(path: Path, flags: int = os.O_RDONLY, *, depth: int = 1) -> int:
    """A descriptor of the regular file at `path`, of which no link among the last `depth` parts is followed.

    `flags` are those of `os.open`. A file that has other names (hard links) is not opened for writing: what they are
    names of would change too, a backup or somebody's settings.
    Raises `ForeignFileError`, and `OSError` that names `path`.
    """
    with folder_of(path, depth) as folder:
        try:
            with suppress(FileNotFoundError):  # perhaps it is to be made
                _refuse(os.stat(path.name, dir_fd=folder, follow_symlinks=False), path)
            file = os.open(path.name, flags | _SAFE, 0o666, dir_fd=folder)
        except OSError as error:
            raise _named(error, path) from None
    try:
        _refuse(os.fstat(file), path, writing=bool(flags & _WRITING))
    except BaseException:
        os.close(file)
        raise
    return file


@contextmanager
def folder_of(path: Path, depth: int = 1) -> Iterator[int]:
    """A descriptor of the folder of `path`, to open what is in it. Raises as `open_regular` does."""
    root = path.parents[min(depth, len(path.parents)) - 1]
    folder = os.open(root, _FOLDER)
    try:
        for part in path.parts[len(root.parts) : -1]:
            root /= part
            try:
                inner = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            except NotADirectoryError:
                raise ForeignFileError(EINVAL, "it is no folder, but a link or a file", str(root)) from None
            except OSError as error:
                raise _named(error, root) from None
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def open_to_read(path: Path, *, depth: int = 1) -> BufferedReader:
    """The file at `path`, open for reading. Raises as `open_regular` does."""
    return os.fdopen(open_regular(path, depth=depth), "rb")


def open_followed(path: Path) -> BufferedReader:
    """The regular file at `path` or where links from there lead, open for reading. Raises `OSError`.

    For files that lie where somebody else keeps them, and count by their contents.
    """
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        _refuse(os.fstat(file), path)
    except BaseException:
        os.close(file)
        raise
    return os.fdopen(file, "rb")


def read_whole(path: Path, most: int, *, depth: int = 1) -> bytes:
    """All of the file at `path`, which may have `most` bytes. Raises as `open_regular` does."""
    with open_to_read(path, depth=depth) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise ForeignFileError(EFBIG, f"it is larger than {most >> 20} MiB", str(path))
        return file.read(size)


def remove(path: Path, *, depth: int = 1) -> None:
    """Take `path` away, if it is there; of a link only itself. Raises `OSError`."""
    with folder_of(path, depth) as folder:
        remove_in(folder, path.name)


def remove_in(folder: int, name: str) -> None:
    """`remove`, of what is called `name` in the folder of that descriptor."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _refuse(found: os.stat_result, path: Path, *, writing: bool = False) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise ForeignFileError(EINVAL, f"it is {kind} where a regular file belongs", str(path))
    if writing and found.st_nlink > 1:
        raise ForeignFileError(EMLINK, "it has other names (hard links), which would be written into too", str(path))


def _named(error: OSError, path: Path) -> OSError:
    """The same error; what was opened beside a descriptor is named as the user would name it."""
    return error if isinstance(error, ForeignFileError) else OSError(error.errno, error.strerror, str(path))
