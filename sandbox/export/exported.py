"""The files of an exported folder, as its manifest lists them: what may be published. Knows names, no content."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from memory.opening import ForeignFileError, open_regular, read_whole
from sandbox.errors import UsageError
from sandbox.export.names import CARD, EXPORT_KIND, MANIFEST

_LARGEST: Final = 64 << 20  # bytes; what a check takes
_LAYOUT: Final = re.compile(r"(data|origin|trl|axolotl)/|dataset_info\.json\Z")


def exported(folder: Path) -> tuple[list[str], str]:
    """The files of an export, below `folder`, and the text of its card. Raises `UsageError` if it is none."""
    try:
        card = read_whole(folder / CARD, _LARGEST).decode()
        listed = written(manifest_of(read_whole(folder / MANIFEST, _LARGEST)))
        for path in sorted(listed):
            _refuse_foreign(folder, path)
    except ForeignFileError as error:
        raise UsageError(f"{error.filename}: {error.strerror}, and nothing else is published") from None
    except (OSError, ValueError):
        listed = frozenset()
    if not listed:
        raise UsageError(f"{folder} is no exported folder: its README.md and manifest.json are not as written")
    return [CARD, *sorted(listed)], card


def _refuse_foreign(folder: Path, path: str) -> None:
    """Raises `UsageError` for a file that is not there, `ForeignFileError` for what would be uploaded by a link."""
    try:
        os.close(open_regular(folder / path, depth=path.count("/") + 1))
    except FileNotFoundError:
        raise UsageError(f"{folder} lacks {path}, which its manifest.json lists\nexport anew") from None


def manifest_of(content: bytes) -> dict[str, Any]:
    """The manifest of an export; empty if it is none of ours."""
    try:
        found = orjson.loads(content)
    except ValueError:
        return {}
    ours = isinstance(found, dict) and found.get("kind") == EXPORT_KIND and isinstance(found.get("files"), dict)
    return found if ours else {}


def written(manifest: Mapping[str, Any]) -> frozenset[str]:
    """The files that the export with this manifest wrote, but for its card; none without a manifest."""
    listed = (path for path in manifest.get("files", ()) if _LAYOUT.match(path) and ".." not in path.split("/"))
    return frozenset([MANIFEST, *listed]) if manifest else frozenset()
