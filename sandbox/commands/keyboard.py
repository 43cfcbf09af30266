"""Single keys of a terminal, without Enter, or lines of a pipe. Knows no meaning of any."""

import os
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

END: Final = ""
_END_OF_INPUT: Final = "\x04"  # Ctrl-D
_MOST: Final = 64  # bytes of one key: arrows and the like send several


@contextmanager
def keys() -> Iterator[Callable[[], str]]:
    """Call what is given for the next key, `END` where there are no more; the terminal is as it was afterwards."""
    if not sys.stdin.isatty():
        yield _line
        return
    file = sys.stdin.fileno()
    before = termios.tcgetattr(file)
    tty.setcbreak(file)
    try:
        yield partial(_key, file)
    finally:
        termios.tcsetattr(file, termios.TCSADRAIN, before)


def _line() -> str:
    line = sys.stdin.readline()
    return (line.strip().lower() or "\n") if line else END


def _key(file: int) -> str:
    """What was typed in one go with it answers nothing that is in sight, and is lost."""
    try:
        typed = os.read(file, _MOST).decode(errors="replace").lower()
        termios.tcflush(file, termios.TCIFLUSH)
    except (OSError, termios.error):  # the terminal went away
        return END
    if typed in (END, _END_OF_INPUT):
        return END
    return typed if typed.startswith("\x1b") else typed[0]
