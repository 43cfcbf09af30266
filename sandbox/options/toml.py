"""Reads a TOML file that people write by hand, with whatever editor. Knows nothing of what stands in it."""

import tomllib
from pathlib import Path
from typing import Any, Final

from sandbox.errors import UsageError

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def read_toml(path: Path, shown: str) -> dict[str, Any]:
    """What the file holds; with a byte order mark or without. Raises `UsageError` that begins with `shown`."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{shown}: no such file.") from None
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read: {error.strerror}.") from None
    return parse_toml(content, shown)


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
    try:
        return tomllib.loads(text.replace("\r\n", "\n").replace("\r", "\n"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{shown}: not valid TOML: {error}") from None
