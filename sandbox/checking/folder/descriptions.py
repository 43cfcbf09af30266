"""Small files that describe a folder, read with suspicion. Knows JSON and sizes, not what a file says."""

import json
from pathlib import Path, PurePosixPath
from typing import Any, Final

from sandbox.checking.folder.inside import leads_out
from sandbox.errors import of_reading

LARGEST: Final = 64 << 20  # bytes
LINK: Final = "it is a link that leads out of the folder"


class UnreadableError(Exception):
    """A description that is there and cannot be used; `str()` says why."""


def read_description(path: Path) -> bytes | None:
    """What the file holds, None where there is no regular file. Raises `UnreadableError`."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return None
        if leads_out(path, path.parent):
            raise UnreadableError(LINK)
        with path.open("rb") as file:
            found = file.read(LARGEST + 1)
    except OSError as error:
        raise UnreadableError(of_reading(error)) from error
    if len(found) > LARGEST:
        raise UnreadableError(f"it is larger than {LARGEST >> 20} MiB")
    return found


def read_object(path: Path) -> dict[Any, Any] | None:
    """The JSON object in the file, None where there is no file. Raises `UnreadableError`."""
    if (text := read_description(path)) is None:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(of_reading(error)) from error
    if not isinstance(found, dict):
        raise UnreadableError("it is no object")
    return found


def is_below(name: str) -> bool:
    """Whether a name of a file leads nowhere but into the folder that it is relative to, links apart."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name
