"""The manifest of an exported folder: what it is meant for, and the hashes of its files. Believes nothing it reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from memory.files import sha256_of
from sandbox.checking.folder.descriptions import UnreadableError, is_below, read_object
from sandbox.checking.folder.inside import leads_out
from sandbox.checking.names import Code
from sandbox.checking.rows.own_rules import Own
from sandbox.export.names import EXPORT_KIND, MANIFEST, TRAINERS, Trainer

_CONFIGURATIONS: Final = ("trl/", "axolotl/")


@dataclass(frozen=True)
class ManifestFile:
    """What a check needs of a manifest: `trainers` is None where there is none, `problem` is why it cannot be used.

    `own` is how a folder of ours was made.
    """

    format: str | None = None
    trainers: frozenset[Trainer] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None
    own: Own | None = None


def read_manifest(folder: Path) -> ManifestFile:
    """The manifest of the folder; an empty one where there is none, or one of another program."""
    try:
        found = read_object(folder / MANIFEST)
    except UnreadableError as error:
        return ManifestFile(problem=str(error))
    if found is None or found.get("kind") != EXPORT_KIND:
        return ManifestFile()
    files, trainers = found.get("files"), _trainers(found.get("trainers"))
    if trainers is None or not isinstance(files, dict):
        return ManifestFile(problem="it does not say which files and trainers it is about")
    made_for = found.get("format")
    named = {str(name): str(value) for name, value in files.items()}
    options = found.get("options")
    own = Own(decided=not isinstance(options, dict) or options.get("preference") != "bradley-terry")
    return ManifestFile(made_for if isinstance(made_for, str) else None, trainers, named, own=own)


def _trainers(found: Any) -> frozenset[Trainer] | None:
    if not isinstance(found, list):
        return None
    return frozenset(trainer for trainer in TRAINERS if trainer in found)


def check_files(folder: Path, manifest: ManifestFile) -> Iterator[tuple[Code, str]]:
    """Files that are not what the manifest says, and in which way."""
    for name, wanted in manifest.files.items():
        try:
            if not is_below(name) or not (folder / name).is_file() or leads_out(folder / name, folder):
                yield "manifest_file_missing", name
            elif sha256_of(folder / name) != wanted:
                # The configurations are there to be edited: they ask for it.
                yield "configuration_changed" if name.startswith(_CONFIGURATIONS) else "checksum_differs", name
        except OSError:  # a name can be one that no file can have
            yield "manifest_file_missing", name
