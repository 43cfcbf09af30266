"""Who may work on a run: one process at a time, and a dead one keeps nothing. Knows files and their locks."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from memory.opening import open_regular
from sandbox.errors import SandboxError
from sandbox.runs.directory import WorkDirectory

LOCK_SECONDS: Final = 1.0
_POLL_SECONDS: Final = 0.05


@contextmanager
def lock(directory: WorkDirectory, patience: float = LOCK_SECONDS) -> Iterator[None]:
    """Keep other processes from working on this run.

    The journal is locked too: `.lock` may be deleted, and two processes never append to one journal. Raises
    `SandboxError` if they cannot be had within `patience` seconds: somebody who only looks holds `.lock` for a moment.
    """
    until = time.monotonic() + patience
    with ExitStack() as held:
        try:
            held.callback(os.close, _locked(directory.lock, os.O_CREAT, until))
            if os.path.lexists(directory.calls):  # what a run without a journal comes to is told later
                held.callback(os.close, _locked(directory.calls, 0, until))
        except BlockingIOError:
            raise SandboxError(
                f"Run {directory.name} is being worked on by another process. Wait for it, or stop it first."
            ) from None
        yield


def is_held(directory: WorkDirectory) -> bool:
    """Whether a process works on this run now. Writes nothing, so that it can be told of a run that is read-only.

    The journal tells it too: `.lock` may be deleted under a process, which goes on.
    """
    return any(map(_is_locked, (directory.lock, directory.calls)))


def _is_locked(path: Path) -> bool:
    try:
        file = open_regular(path)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(file)
    return False


def _locked(path: Path, flags: int, until: float) -> int:
    """A descriptor of the file at `path`, locked. Raises `BlockingIOError` if it is not free by `until`."""
    while True:
        file = open_regular(path, os.O_RDWR | flags)  # network file systems lock only what may be written into
        try:
            if _is_taken(file) and _is_at(file, path):
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)
        if time.monotonic() >= until:
            raise BlockingIOError
        time.sleep(_POLL_SECONDS)


def _is_taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # some file systems say the one, some the other
        return False
    return True


def _is_at(file: int, path: Path) -> bool:
    """Whether `file` is what lies at `path`: a lock on one that was taken away keeps nobody out."""
    try:
        return os.path.samestat(os.fstat(file), os.lstat(path))
    except FileNotFoundError:
        return False
