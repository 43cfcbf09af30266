"""What the files that describe a folder show: by themselves, and beside the tables that they describe.

Knows card, `dataset_info.json` and manifest, and which files lie around; no rows.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sandbox.checking.folder.card import Card, read_card
from sandbox.checking.folder.card_check import check_card
from sandbox.checking.folder.descriptions import LINK, UnreadableError, read_description
from sandbox.checking.folder.files import FolderFiles, files_of
from sandbox.checking.folder.layout import Layout, lay_out
from sandbox.checking.folder.manifest_file import ManifestFile, check_files, read_manifest
from sandbox.checking.folder.mapping import MappingFile, check_entry, check_source, read_mapping
from sandbox.checking.names import Code, Finding, Place, TableName
from sandbox.checking.rows.column_check import listed
from sandbox.checking.rows.scan import Scanned
from sandbox.errors import SandboxError, UsageError
from sandbox.export.names import CARD, MANIFEST, MAPPING, Trainer


class Folder(NamedTuple):
    """A folder, what is in it, and what is said of it."""

    path: Path
    files: FolderFiles
    manifest: ManifestFile
    card: Card
    mapping: MappingFile
    layout: Layout


def open_folder(path: Path) -> Folder:
    """Read all that describes the folder at `path`."""
    files, manifest, card, mapping = files_of(path), read_manifest(path), read_card(path / CARD), read_mapping(path)
    return Folder(path, files, manifest, card, mapping, lay_out(files, card, mapping.entries, manifest))


def check_folder(folder: Folder, meant: frozenset[Trainer] | None) -> Iterator[Finding]:
    """What shows before any row is read; `meant` are the trainers that it is for."""
    yield from _broken(folder)
    yield from _named(folder)
    if not folder.mapping.there and (meant is None or "llama-factory" in meant):
        yield _finding("mapping_absent", "")
    for entry in folder.mapping.entries:
        for code, about in check_source(entry, [*folder.files.rows, *folder.files.others]):
            yield _finding(code, about, MAPPING)
    for code, file in check_files(folder.path, folder.manifest):
        yield _finding(code, file, MANIFEST if code == "manifest_file_missing" else file)
    if folder.manifest.own and _is_edited(folder.path / CARD):
        yield _finding("card_edited", "", CARD)


def check_descriptions(folder: Folder, tables: Sequence[Scanned]) -> Iterator[Finding]:
    """What is said otherwise of tables than they are; nothing of those that could not be read."""
    yield from check_card(folder.card, [table for table in tables if not table.unread])
    by_name = {table.table.name: table for table in tables}
    for (_, name), entry in folder.layout.entries.items():
        if not by_name[name].unread:
            for code, about in check_entry(entry, by_name[name]):
                yield _finding(code, about, MAPPING, name)


def _broken(folder: Folder) -> Iterator[Finding]:
    problems: dict[Code, tuple[str, str | None]] = {
        "manifest_broken": (MANIFEST, folder.manifest.problem),
        "card_broken": (CARD, folder.card.problem),
        "mapping_broken": (MAPPING, folder.mapping.problem),
    }
    for code, (file, problem) in problems.items():
        if problem is not None:
            yield _finding(code, problem, file)


def _named(folder: Folder) -> Iterator[Finding]:
    """Files that are named and not there, or there and not named, or not to be read."""
    layout = folder.layout
    for link in folder.files.outside:
        yield _finding("unreadable_file", LINK, link)
    for missing in layout.missing_of_card:
        yield _finding("card_file_missing", missing, CARD)
    for missing in layout.missing_of_mapping:
        yield _finding("mapping_file_missing", missing, MAPPING)
    for name in layout.not_read:
        yield _finding("not_looked_at", name)
    if layout.formats:
        yield _finding("formats_differ", layout.formats)
    if layout.left and folder.manifest.problem is None:
        yield _finding("other_files", listed(layout.left))


def _is_edited(path: Path) -> bool:
    """Whether --push would refuse the card for what stands between its markers."""
    from sandbox.export.card.merge import merged_card

    try:
        if card := read_description(path):
            merged_card("", card.decode(errors="replace"))
    except UsageError:
        return True
    except (UnreadableError, SandboxError):  # told otherwise
        pass
    return False


def _finding(code: Code, about: str, file: str | None = None, table: TableName | None = None) -> Finding:
    return Finding(code, table, about, 1, (Place(file),) if file else ())
