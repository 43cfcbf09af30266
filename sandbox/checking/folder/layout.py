"""Which files of a folder are which table: by its card, by `dataset_info.json`, by its manifest, else by their names.

Knows names of files; reads no rows. Nothing outside the folder is ever named.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final

from sandbox.checking.folder.card import Card
from sandbox.checking.folder.files import FolderFiles, differing_formats, named_part, named_split, stem
from sandbox.checking.folder.manifest_file import ManifestFile
from sandbox.checking.folder.mapping import MappingEntry
from sandbox.checking.names import TableName
from sandbox.checking.rows.reading import edition_of
from sandbox.export.names import SPLITS, TRAINERS, Trainer

_BY_CARD: Final = frozenset[Trainer]({"trl", "axolotl"})
_BY_MAPPING: Final = frozenset[Trainer]({"llama-factory"})
EVERYBODY: Final = frozenset(TRAINERS)


@dataclass
class Layout:
    """Files of each table, in order; who is known to read each; names that stand for no file, by who named them.

    `not_read` are files that are named and there, but in a format that is not looked at; `left` are files with rows
    that nothing leads to; `formats` is how splits differ in format, if they do.
    """

    tables: dict[TableName, list[str]] = field(default_factory=dict)
    readers: dict[TableName, set[Trainer]] = field(default_factory=dict)
    typed: set[TableName] = field(default_factory=set)
    entries: dict[tuple[str, TableName], MappingEntry] = field(default_factory=dict)
    missing_of_card: list[str] = field(default_factory=list)
    missing_of_mapping: list[str] = field(default_factory=list)
    not_read: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    formats: str | None = None
    owners: dict[str, TableName] = field(default_factory=dict)

    def is_unread(self, table: TableName) -> bool:
        """Whether nothing leads to this table but its name."""
        return table not in self.readers

    def who_reads(self, table: TableName) -> frozenset[Trainer]:
        """Trainers that come to this table: by the card, by LLaMA-Factory's list; without these, anyone may."""
        named = self.readers.get(table)
        if named is None:
            return EVERYBODY
        known = {trainer for readers in self.readers.values() for trainer in readers}
        return frozenset(named | (EVERYBODY - known))

    def label(self, table: TableName) -> str | None:
        """The column that LLaMA-Factory's list says holds the labels of this table."""
        columns = (entry.columns.get("kto_tag") for (_, name), entry in self.entries.items() if name == table)
        return next((column for column in columns if column), None)

    def add(self, name: TableName, file: str) -> None:
        """Make `file` part of a table, unless it is one already."""
        if file not in self.owners:
            self.owners[file] = name
            self.tables.setdefault(name, []).append(file)


def lay_out(files: FolderFiles, card: Card, entries: Sequence[MappingEntry], manifest: ManifestFile) -> Layout:
    """Make tables of the files of a folder."""
    layout = Layout()
    _by_card(files, card, layout)
    _by_mapping(files, entries, layout)
    _twins(files.rows, layout)
    if not layout.tables:
        _by_names(files, manifest, layout)
    layout.left = [file for file in files.rows if file not in layout.owners and file not in manifest.files]
    parts = {name.part: place for place, name in reversed(list(enumerate(layout.tables)))}
    layout.tables = dict(sorted(layout.tables.items(), key=lambda item: (parts[item[0].part], *_order(item[0]))))
    return layout


def _by_card(files: FolderFiles, card: Card, layout: Layout) -> None:
    for config in card.configs:
        for split, pattern in config.files:
            found = [file for file in files.rows if _matches(file, pattern)]
            if not found and "://" not in pattern:
                there = any(_matches(file, pattern) for file in files.others)
                (layout.not_read if there else layout.missing_of_card).append(f"{config.name}: {pattern}")
            for file in found:
                name = _name_of(file, config.name)._replace(split=split)
                layout.add(name, file)
                layout.readers.setdefault(name, set()).update(_BY_CARD)
                if config.features is not None:
                    layout.typed.add(name)


def _by_mapping(files: FolderFiles, entries: Sequence[MappingEntry], layout: Layout) -> None:
    """The same files in another format belong to the table that a card made of them."""
    _twins([file for entry in entries for file in _of_entry(files.rows, entry)], layout)
    for entry in entries:
        found = _of_entry(files.rows, entry)
        if not found:
            there = _of_entry(files.others, entry)
            (layout.not_read if there else layout.missing_of_mapping).append(f"{entry.name}: {entry.file}")
        for file in found:
            layout.add(_name_of(file, entry.name), file)
            name = layout.owners[file]
            layout.readers.setdefault(name, set()).update(_BY_MAPPING)
            layout.entries[entry.name, name] = entry


def _by_names(files: FolderFiles, manifest: ManifestFile, layout: Layout) -> None:
    """`datasets` takes only files that are named after a split, once there is one; else all."""
    named = [file for file in files.rows if file in manifest.files]
    if not named:
        named = [file for file in files.rows if named_split(file)]
        layout.formats = differing_formats([*files.rows, *files.others])
    for file in named or files.rows:
        if not file.startswith("origin/") or not manifest.files:
            layout.add(_name_of(file, named_part(file)), file)


def _of_entry(files: Iterable[str], entry: MappingEntry) -> list[str]:
    """A file by its name, or all files right in a folder."""
    path = PurePosixPath(entry.file).as_posix()
    return [file for file in files if file == path or PurePosixPath(file).parent.as_posix() == path]


def _twins(files: Iterable[str], layout: Layout) -> None:
    """Files that differ from one of a table only in their ending hold the same rows."""
    stems = {stem(file): name for file, name in layout.owners.items()}
    for file in files:
        name, edition = stems.get(stem(file)), edition_of(Path(file))
        if name and edition and edition != name.edition:
            layout.add(name._replace(edition=edition), file)


def _matches(file: str, pattern: str) -> bool:
    pattern = PurePosixPath(pattern).as_posix()
    return file == pattern or fnmatchcase(file, pattern) or fnmatchcase(file, pattern.replace("**/", ""))


def _name_of(file: str, part: str) -> TableName:
    """Rows are to train on where no name says otherwise."""
    return TableName(part, named_split(file) or "train", edition_of(Path(file)) or "json")


def _order(name: TableName) -> tuple[int, str, bool]:
    """Within a part: from train to test, Parquet before JSON."""
    known: Sequence[str] = SPLITS
    return known.index(name.split) if name.split in known else len(known), name.split, name.edition != "parquet"
