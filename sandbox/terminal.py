"""What reaches a terminal: consoles, and text made harmless. Model output cannot move the cursor or forge a panel."""

import os
import sys
from collections.abc import Iterable
from functools import cache
from json import dumps
from typing import Any, Final, TextIO

from rich.console import Console, RenderableType
from rich.text import Text

from agents.invisible import unseen_as
from sandbox.text import in_a_line


def harmless(text: str) -> str:
    r"""`text` with each character that is not seen or that moves what is shown as its code, such as `\x1b`."""
    return unseen_as(lambda character: character.encode("unicode_escape").decode(), text)


def plain(text: str, style: str = "") -> Text:
    """`text` for rich: harmless, and with square brackets meaning nothing."""
    return Text(harmless(text), style=style)


def plain_line(text: str, style: str = "") -> Text:
    """`plain` for what is a line of ours: a name in it that others gave cannot begin a line of its own."""
    return plain(in_a_line(text), style)


class _Output(Console):
    """Tells its caller that the reader went away, instead of ending the process by itself."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class _Unheeded:
    """A stream that nobody has to hear: where it cannot be written, a full disk say, what is said is lost."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write `text`, or lose it."""
        try:
            return self._stream.write(text)
        except OSError:
            return self._lose(text)

    def flush(self) -> None:
        """Flush, or lose what is left."""
        try:
            self._stream.flush()
        except OSError:
            self._lose("")

    def _lose(self, text: str) -> int:
        # What is left in the old stream would be tried again at the end of the process, and be its exit code.
        self._stream = sys.stderr = open(os.devnull, "w", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123, SIM115
        return len(text)


# In a pipe nothing is wrapped: whoever reads a file or greps a stream wants whole lines.
_UNWRAPPED: Final = 10_000_000


@cache
def console() -> Console:
    """Standard output."""
    return _Output(highlight=False, width=None if sys.stdout.isatty() else _UNWRAPPED)


def show(renderable: RenderableType) -> None:
    """Print on standard output; in a pipe without the blanks that fill lines up to a width."""
    if console().is_terminal:
        console().print(renderable)
        return
    with console().capture() as printed:
        console().print(renderable)
    for line in printed.get().splitlines():
        console().out(line.rstrip(), highlight=False)


def json_line(document: object) -> bytes:
    """`document` as a line of JSON: what could move a cursor is escaped, what is no number is null."""
    # orjson refuses integers of more than 64 bits, which a file can hold
    from pydantic_core import PydanticSerializationError, to_json

    try:
        text = to_json(document, inf_nan_mode="null").decode()
    except PydanticSerializationError:  # a name of a file that is no Unicode
        text = _unicode(dumps(document, ensure_ascii=False, default=str))
    return _escaped(text) + b"\n"


def write_json(document: object) -> None:
    """One JSON document on standard output, as a line."""
    sys.stdout.buffer.write(json_line(document))
    sys.stdout.buffer.flush()


def write_csv(text: str) -> None:
    """`text`, which is harmless, on standard output: UTF-8 wherever a program reads it.

    What rich takes for a terminal because `FORCE_COLOR` is set may be a file.
    """
    if sys.stdout.isatty():
        sys.stdout.write(text)
        return
    sys.stdout.buffer.write(_unicode(text).encode())
    sys.stdout.buffer.flush()


def write_json_parts(begin: str, parts: Iterable[str], end: str) -> None:
    """The same of a document too large for memory: JSON `parts` with commas between `begin` and `end`."""
    out = sys.stdout.buffer
    out.write(begin.encode())
    for number, part in enumerate(parts):
        out.write((b"," if number else b"") + _escaped(part))
    out.write(f"{end}\n".encode())
    out.flush()


def _unicode(text: str) -> str:
    """`text` without lone surrogates, and names of files as their bytes say, which Python may have read as ASCII."""
    try:
        return text.encode(errors="surrogateescape").decode(errors="replace")
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()


def _escaped(text: str) -> bytes:
    return unseen_as(lambda character: dumps(character)[1:-1], text).encode()


def warn(text: str) -> None:
    """A warning on standard error."""
    error_console().print(plain(f"Warning: {text}"), style="yellow")


@cache
def error_console() -> Console:
    """Standard error. That it cannot be written is no reason to end a run that was paid for."""
    unheeded: Any = _Unheeded(sys.stderr)
    return Console(file=unheeded, highlight=False, width=None if sys.stderr.isatty() else _UNWRAPPED)
