"""The files of a folder that are handed over, and those that somebody may miss. Follows no link, and opens nothing."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sandbox.errors import SandboxError
from sandbox.packing.layout import TAGS, Kind, is_file, is_folder, is_memory, is_missed
from sandbox.runs.tags import path_of


class Gathered(NamedTuple):
    """Paths in the folder, with slashes: `files` in order, and what is `left` that is neither ours nor hidden."""

    files: list[str]
    left: list[str]


def gathered(folder: Path, kind: Kind, *, memory: bool) -> Gathered:
    """What of `folder` is handed over, with what agents remember only if `memory`.

    Raises `SandboxError` where a link stands in the place of a folder of ours.
    """
    found = sorted(path for path in _paths(folder, kind, "") if path != TAGS)
    tags = [TAGS] if os.path.lexists(place_of(folder, TAGS)) else []
    files = [path for path in found if is_file(kind, path) and (memory or not is_memory(path))]
    return Gathered([*tags, *files], [path for path in found if not is_file(kind, path) and is_missed(path)])


def place_of(folder: Path, path: str) -> Path:
    """Where the file at `path` of `folder` lies."""
    return path_of(folder) if path == TAGS else folder / path


def _paths(folder: Path, kind: Kind, below: str) -> Iterator[str]:
    """All that lies in `folder`, and in those of its folders that a folder of `kind` has."""
    with os.scandir(folder / below) as entries:
        for entry in entries:
            path = f"{below}{entry.name}"
            if is_file(kind, path) or not is_folder(kind, path):
                yield path
            elif entry.is_dir(follow_symlinks=False):
                yield from _paths(folder, kind, f"{path}/")
            else:
                raise SandboxError(f"{folder / path} is no folder, but a link or a file.\nPut the folder itself there.")
