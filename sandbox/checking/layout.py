"""Which files of a folder are which table: by its card, by `dataset_info.json`, by its manifest, else by their names.

Knows names of files; reads no rows. Nothing outside the folder is ever named.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final

from sandbox.checking.card import DEFAULT, Card
from sandbox.checking.manifest_file import ManifestFile
from sandbox.checking.mapping import Entry
from sandbox.checking.names import TableName
from sandbox.checking.reading import edition_of
from sandbox.export.names import SPLITS, TRAINERS, Split, Trainer

MOST_FILES: Final = 10_000
# Files that describe data and hold none.
_NO_DATA: Final = frozenset({"manifest.json", "dataset_info.json", "dataset_infos.json", "state.json", "config.json"})
_SPLITS: Final[Sequence[tuple[Split, re.Pattern[str]]]] = (
    ("test", re.compile(r"(?<![a-z])(?:test|testing|eval|evaluation)(?![a-z])")),
    ("validation", re.compile(r"(?<![a-z])(?:validation|valid|val|dev)(?![a-z])")),
    ("train", re.compile(r"(?<![a-z])(?:train|training)(?![a-z])")),
)
_BY_CARD: Final = frozenset[Trainer]({"trl", "axolotl"})
_BY_MAPPING: Final = frozenset[Trainer]({"llama-factory"})
EVERYBODY: Final = frozenset(TRAINERS)


@dataclass
class Layout:
    """Files of each table, in order; who is known to read each; names that stand for no file, by who named them."""

    tables: dict[TableName, list[str]] = field(default_factory=dict)
    readers: dict[TableName, set[Trainer]] = field(default_factory=dict)
    typed: set[TableName] = field(default_factory=set)
    entries: dict[tuple[str, TableName], Entry] = field(default_factory=dict)
    missing_of_card: list[str] = field(default_factory=list)
    missing_of_mapping: list[str] = field(default_factory=list)
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

    def add(self, name: TableName, file: str) -> None:
        """Make `file` part of a table, unless it is one already."""
        if file not in self.owners:
            self.owners[file] = name
            self.tables.setdefault(name, []).append(file)


def data_files(folder: Path) -> list[str]:
    """Regular files below the folder that can hold rows, by folder and name; hidden ones do not count."""
    found: list[str] = []
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(root).relative_to(folder)
        names = [name for name in files if edition_of(Path(name)) and name not in _NO_DATA and name[0] != "."]
        found += [(below / name).as_posix() for name in sorted(names) if Path(root, name).is_file()]
        if len(found) > MOST_FILES:
            break
    return found[:MOST_FILES]


def lay_out(files: Sequence[str], card: Card, entries: Sequence[Entry], manifest: ManifestFile) -> Layout:
    """Make tables of `files`, which are all that can hold rows."""
    layout = Layout()
    _by_card(files, card, layout)
    _by_mapping(files, entries, layout)
    _twins(files, layout)
    if not layout.tables:
        named = [file for file in files if file in manifest.files] or list(files)
        for file in named:
            if not file.startswith("origin/") or not manifest.files:
                layout.add(_name_of(file, named_part(file)), file)
    parts = {name.part: place for place, name in reversed(list(enumerate(layout.tables)))}
    layout.tables = dict(sorted(layout.tables.items(), key=lambda item: (parts[item[0].part], *_order(item[0]))))
    return layout


def _by_card(files: Sequence[str], card: Card, layout: Layout) -> None:
    for config in card.configs:
        for split, pattern in config.files:
            found = [file for file in files if _matches(file, pattern)]
            if not found and "://" not in pattern:
                layout.missing_of_card.append(f"{config.name}: {pattern}")
            for file in found:
                name = _name_of(file, config.name)._replace(split=split)
                layout.add(name, file)
                layout.readers.setdefault(name, set()).update(_BY_CARD)
                if config.features is not None:
                    layout.typed.add(name)


def _by_mapping(files: Sequence[str], entries: Sequence[Entry], layout: Layout) -> None:
    """The same files in another format belong to the table that a card made of them."""
    _twins([file for entry in entries for file in _of_entry(files, entry)], layout)
    for entry in entries:
        found = list(_of_entry(files, entry))
        if not found:
            layout.missing_of_mapping.append(f"{entry.name}: {entry.file}")
        for file in found:
            layout.add(_name_of(file, entry.name), file)
            name = layout.owners[file]
            layout.readers.setdefault(name, set()).update(_BY_MAPPING)
            layout.entries[entry.name, name] = entry


def _of_entry(files: Sequence[str], entry: Entry) -> Iterator[str]:
    """A file by its name, or all files right in a folder."""
    path = PurePosixPath(entry.file).as_posix()
    return (file for file in files if file == path or PurePosixPath(file).parent.as_posix() == path)


def _twins(files: Sequence[str], layout: Layout) -> None:
    """Files that differ from one of a table only in their ending hold the same rows."""
    stems = {_stem(file): name for file, name in layout.owners.items()}
    for file in files:
        name, edition = stems.get(_stem(file)), edition_of(Path(file))
        if name and edition and edition != name.edition:
            layout.add(name._replace(edition=edition), file)


def _matches(file: str, pattern: str) -> bool:
    pattern = PurePosixPath(pattern).as_posix()
    return file == pattern or fnmatchcase(file, pattern) or fnmatchcase(file, pattern.replace("**/", ""))


def _stem(file: str) -> str:
    return PurePosixPath(file).with_suffix("").as_posix()


def _name_of(file: str, part: str) -> TableName:
    return TableName(part, _split_of(file), edition_of(Path(file)) or "json")


def _split_of(file: str) -> str:
    """By a word in the name of the file, else of its folders; rows are to train on where none says otherwise."""
    for words in reversed(PurePosixPath(file).with_suffix("").parts):
        for split, pattern in _SPLITS:
            if pattern.search(words.lower()):
                return split
    return "train"


def named_part(file: str) -> str:
    """The folder that a file lies in, unless that is only called after a split, or `data`."""
    parent = PurePosixPath(file).parent.name
    said = parent.lower() in ("", "data", ".") or any(pattern.search(parent.lower()) for _, pattern in _SPLITS)
    return DEFAULT if said else parent


def _order(name: TableName) -> tuple[int, str, bool]:
    """Within a part: from train to test, Parquet before JSON."""
    known: Sequence[str] = SPLITS
    return known.index(name.split) if name.split in known else len(known), name.split, name.edition != "parquet"
