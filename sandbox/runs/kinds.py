"""What kind of folder a manifest belongs to: simulations are one kind, and readers leave the others to who knows them.

Believes nothing it reads, and reads no more than a manifest can need.
"""

from pathlib import Path
from typing import Final

import orjson

from sandbox.errors import UsageError
from sandbox.runs.annotation.records import ANNOTATION
from sandbox.runs.directory import WorkDirectory
from sandbox.runs.evaluation.manifest import EVALUATION
from sandbox.runs.manifest import SIMULATION
from sandbox.runs.newer import newer
from sandbox.runs.rating.manifest import RATING
from sandbox.runs.training.manifest import TRAINING
from sandbox.text import typed

MANIFEST: Final = "manifest.json"
STUDY_RECORD: Final = "study.json"
# What `sandbox inspect` opens beside simulations.
OPENED: Final = frozenset({ANNOTATION, EVALUATION, RATING, TRAINING})
_LONGEST_NAME: Final = 100


class OtherKindError(UsageError):
    """The folder at `path` is of `kind`, and no simulation; `newer` says so if a newer sandbox made it."""

    def __init__(self, path: Path, kind: str, newer: str) -> None:
        what = f"{path} is no run: its manifest says that it is of kind {kind[:_LONGEST_NAME]!r}."
        opened = f"Look at it: sandbox inspect {typed(path)}" if kind in OPENED else "List runs: sandbox inspect"
        super().__init__(f"{what}{newer}\n{opened}")
        self.path = path
        self.kind = kind


def refuse_other_kinds(folder: Path) -> None:
    """Raises `OtherKindError` if the manifest in `folder` says that it is something else than a simulation.

    It is one where it says nothing, or nothing that can be read.
    """
    kind, content = _said(folder)
    if kind != SIMULATION:
        raise OtherKindError(folder, kind, newer(content))


def kind_of(folder: Path) -> str:
    """What the manifest in `folder` says that it is; a simulation where it says nothing that can be read."""
    return _said(folder)[0]


def _said(folder: Path) -> tuple[str, bytes]:
    """The kind, and what stands in the manifest."""
    try:
        content = WorkDirectory(folder).manifest_bytes()
        document = orjson.loads(content)
    except (OSError, orjson.JSONDecodeError):
        return SIMULATION, b""
    kind = document.get("kind", SIMULATION) if isinstance(document, dict) else SIMULATION
    return (kind if isinstance(kind, str) else SIMULATION), content
