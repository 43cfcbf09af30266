"""Reads a TOML file that people write by hand, with whatever editor. Knows nothing of what stands in it."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from sandbox.errors import UsageError

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_POSITION: Final = re.compile(r"\(at line (\d+), column (\d+)\)")
_BARE: Final = re.compile(r"\s*[\w.-]+\s*=\s*(?:[A-Za-z/~.][^\"'#\[\]{}]*?)\s*(?:#.*)?")
_LONGEST: Final = 60
MOST_BYTES: Final = 4 << 20


def read_toml(path: Path, shown: str) -> dict[str, Any]:
    """What the file holds; with a byte order mark or without. Raises `UsageError` that begins with `shown`."""
    return parse_toml(toml_bytes(path, shown), shown)


def toml_bytes(path: Path, shown: str) -> bytes:
    """The file as it lies there. Raises `UsageError` where it cannot be read, or nobody can have written it by hand."""
    try:
        content = _read(path) if path.is_file() else _piped(path)
    except FileNotFoundError:
        raise UsageError(f"{shown}: no such file.") from None
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read: {error.strerror}.") from None
    if len(content) > MOST_BYTES:
        raise UsageError(f"{shown}: more than {MOST_BYTES >> 20} MiB: this is no file of options.")
    return content


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


@cache
def _piped(path: Path) -> bytes:
    """What a pipe holds, which can be read once, and is asked for again."""
    return _read(path)


def parse_toml(content: bytes, shown: str) -> dict[str, Any]:
    """The same of what was read already."""
    # Every second byte of English in UTF-16 is zero, and TOML allows none.
    if content.startswith(_UTF16) or b"\0" in content:
        raise UsageError(f"{shown}: this is UTF-16, and TOML is UTF-8: save the file as UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{content[error.start]:02x} in line {line} is no UTF-8"
        raise UsageError(f"{shown}: cannot be read: {found}. Save the file as UTF-8.") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{shown}: not valid TOML{_fault(str(error), text)}") from None


def line_of(path: Path, key: str) -> int | None:
    """The line, from 1, in which `key` or a table of its name stands; None where that is not certain."""
    if not path.is_file():  # a pipe was read, and is empty now
        return None
    words = re.escape(key).replace("_", "-").replace(r"\-", "-").replace("-", "[-_]")
    line = re.compile(rf"\s*\[*\s*[\"']?{words}[\"']?\s*[\].=]")
    found = [number for number, each in enumerate(_lines(path), 1) if line.match(each)]
    return found[0] if len(found) == 1 else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    except OSError:
        return []


def _fault(said: str, text: str) -> str:
    """Where it is, and below which key: not the value, which may be a secret that went astray."""
    if not (found := _POSITION.search(said)):
        return ": it ends too early." if "end of document" in said else "."
    line = text.split("\n")[int(found[1]) - 1]
    key, sign, _ = line.strip().partition("=")
    place = f": line {found[1]}, column {found[2]}{f', at {key.strip()[:_LONGEST]}' if sign else ''}"
    if "overwrite" in said or "twice" in said:
        return f"{place}: it stands there twice. Leave one of them out."
    return f"{place}.{' A text stands in quotes.' if _BARE.fullmatch(line) else ''}"
