"""How many files a process may have open, what that leaves for connections, and what to say when it was too few.

Opens none but to count those that are open.
"""

import errno
import os
import resource
from contextlib import suppress
from typing import Final

# Logs, journal, manifest and lock of a run, the cache of vectors, looking up of names, both ways to one host.
_OTHER_FILES: Final = 24
_ENOUGH: Final = 4096


def most_connections(wanted: int, endpoints: int) -> int:
    """How many of `wanted` connections to each of `endpoints` this process may open, which is one at least.

    The soft limit is raised for them where the hard one allows it.
    """
    there = _open_now() + _OTHER_FILES
    limit = _raised(there + wanted * endpoints)
    return min(wanted, max(1, (limit - there) // endpoints))


def _open_now() -> int:
    try:
        return len(os.listdir("/dev/fd"))  # noqa: PTH208  # names alone
    except FileNotFoundError:  # a system without `/proc`
        return _OTHER_FILES


def connections_note(bound: int) -> str:
    """Said where there are fewer connections than were wanted."""
    return f"The limit of open files is {_limit()} (ulimit -n): at most {bound} calls are in flight to an endpoint."


def _limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _ENOUGH * _ENOUGH if soft == resource.RLIM_INFINITY else soft


def too_many_open_files(error: OSError) -> str | None:
    """What happened and what to do, if `error` says that no more files can be opened."""
    if error.errno not in (errno.EMFILE, errno.ENFILE):
        return None
    return (
        f"Too many open files: this process may have {_limit()}, connections too.\n"
        f"Use a smaller --concurrency, or raise the limit first: ulimit -n {_ENOUGH}"
    )


def _raised(needed: int) -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        with suppress(OSError, ValueError):  # some systems have a limit of their own below the hard one
            resource.setrlimit(
                resource.RLIMIT_NOFILE, (needed if hard == resource.RLIM_INFINITY else min(needed, hard), hard)
            )
    return _limit()
