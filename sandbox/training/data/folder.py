"""An exported folder to train on: its manifest, and rows that are what the manifest says they are. Believes no file.

Knows files and digests, not what a row means.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from pydantic import ValidationError

from memory.files import sha256_of
from memory.opening import read_whole
from sandbox.errors import SandboxError, UsageError, of_system, of_validation
from sandbox.export.exported import manifest_of
from sandbox.export.manifest import ExportManifest
from sandbox.export.names import MANIFEST, Split, data_file, origin_file
from sandbox.runs.json_lines import raw_lines
from sandbox.runs.newer import newer_by_schema
from sandbox.runs.strict_json import read_strictly
from sandbox.text import typed

_MOST_MANIFEST: Final = 64 << 20  # bytes
_PART: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_PROMPTS: Final = (None, "question", "draft")


class FolderRow(NamedTuple):
    """A row of `file`, in line `number`, and what its texts come from: a dictionary for each of them."""

    file: Path
    number: int
    values: Mapping[str, Any]
    kind: str
    sources: list[dict[str, Any]]


class ExportFolder:
    """A folder that `sandbox export` made, at `path`. `files` are those that were read, by sha256."""

    def __init__(self, path: Path, manifest: ExportManifest, sha256: str) -> None:
        self.path: Final = path
        self.manifest: Final = manifest
        self.sha256: Final = sha256
        self.files: Final[dict[str, str]] = {}

    def rows(self, part: str, split: Split) -> Iterator[FolderRow]:
        """The rows of a part, in order. Raises `SandboxError` that names a file that was changed, or a bad line."""
        data, origin = self._file(data_file(part, split, "jsonl")), self._file(origin_file(part, split))
        try:
            for (number, row), (_, told) in zip(raw_lines(data), raw_lines(origin), strict=True):
                from_where = _object(origin, number, told)
                yield FolderRow(data, number, _object(data, number, row), _kind(from_where), _sources(from_where))
        except ValueError:
            raise SandboxError(f"{origin}: it has not as many lines as {data.name} has rows.\nExport anew.") from None

    def _file(self, name: str) -> Path:
        """The file called so. Raises `SandboxError` for one that the manifest does not know, or not like this."""
        path = self.path / name
        try:
            found = sha256_of(path)
        except OSError as error:
            raise SandboxError(f"{path}: {of_system(error)}.\nExport anew.") from None
        if found != self.manifest.files.get(name):
            raise SandboxError(f"{path}: it is not what {MANIFEST} says it is.\nCopy the folder again, or export anew.")
        self.files[name] = found
        return path


def open_folder(path: Path) -> ExportFolder:
    """The export in the folder `path`. Raises `UsageError` if it is none, and `SandboxError` if it is damaged."""
    file = path / MANIFEST
    try:
        content = read_whole(file, _MOST_MANIFEST)
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(_no_export(path)) from None
    except OSError as error:
        raise SandboxError(f"{file}: {of_system(error)}.") from None
    if not manifest_of(content):
        raise UsageError(_no_export(path))
    try:
        manifest = read_strictly(ExportManifest, content)
    except ValidationError as error:
        raise SandboxError(f"{file}: {of_validation(error)}.{newer_by_schema(content)}") from None
    # Names of parts become paths, and how questions were put goes into our own manifest.
    if not all(map(_PART.fullmatch, manifest.parts)) or manifest.options.get("prompt") not in _PROMPTS:
        raise SandboxError(f"{file}: parts or options.prompt are not as sandbox export writes them.\nExport anew.")
    return ExportFolder(path, manifest, sha256_of(file))


def _no_export(path: Path) -> str:
    out = "DIR" if path.exists() else typed(path)
    made = f"Make one: sandbox export RUN --format stable-alignment --test 0.2 --out {out}"
    return f"{path} is no folder of sandbox export.\n{made}"


def _object(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SandboxError(f"{path}:{number}: no object of JSON.")
    return found


def _kind(told: Mapping[str, Any]) -> str:
    return str(told.get("kind", ""))


def _sources(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = told.get("from")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
