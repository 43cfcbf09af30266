"""The three streams that a process begins with, as services, jobs and old terminals leave them, and its end.

Knows no terminal. Imports nothing slow: it comes before anything else.
"""

import io
import os
import sys
from typing import NoReturn


def mend_streams() -> None:
    """A terminal that cannot show a character shows its code, and a stream that is closed leads nowhere."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            _occupy(number)
            nowhere = open(os.devnull, "r+", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123, SIM115
            setattr(sys, name, nowhere)
        elif number and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def leave(code: int) -> NoReturn:
    """End this process now: what is written is written, and a thread that loads a library is not waited for."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            continue
    os._exit(code)


def _occupy(number: int) -> None:
    """Keep the number of a closed stream from the next file that is opened: what is written to it must not go there."""
    try:
        os.fstat(number)
    except OSError:
        nowhere = os.open(os.devnull, os.O_RDWR)
        if nowhere != number:
            os.dup2(nowhere, number)
            os.close(nowhere)
