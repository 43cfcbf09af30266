"""What kind of folder a manifest belongs to: simulations are one kind, and readers leave the others to who knows them.

Believes nothing it reads, and reads no more than a manifest can need.
"""

from pathlib import Path
from typing import Final

import orjson

from sandbox.errors import UsageError
from sandbox.runs.manifest import SIMULATION

MANIFEST: Final = "manifest.json"
_LONGEST: Final = 16 * 2**20
_LONGEST_NAME: Final = 100


class OtherKindError(UsageError):
    """The folder at `path` is of `kind`, and no simulation."""

    def __init__(self, path: Path, kind: str) -> None:
        what = f"{path} is no run: its manifest says that it is of kind {kind[:_LONGEST_NAME]!r}."
        super().__init__(f"{what}\nList runs: sandbox inspect")
        self.path = path
        self.kind = kind


def kind_of(folder: Path) -> str:
    """What the manifest in `folder` says it is; a simulation where it says nothing, or nothing that can be read."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            document = orjson.loads(file.read(_LONGEST))
    except (OSError, orjson.JSONDecodeError):
        return SIMULATION
    kind = document.get("kind", SIMULATION) if isinstance(document, dict) else SIMULATION
    return kind if isinstance(kind, str) else SIMULATION
