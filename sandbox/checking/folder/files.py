"""What lies in a folder, and what names of files say: the format, the split, the part. Reads no rows."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from sandbox.checking.folder.card import DEFAULT
from sandbox.checking.folder.inside import leads_out
from sandbox.checking.rows.reading import edition_of
from sandbox.errors import UsageError
from sandbox.export.names import MANIFEST, MAPPING, Split

MOST_FILES: Final = 100_000
# Files that describe data and hold none.
_NO_DATA: Final = frozenset({MANIFEST, MAPPING, "dataset_infos.json", "state.json", "config.json"})
_SPLITS: Final[Sequence[tuple[Split, re.Pattern[str]]]] = (
    ("test", re.compile(r"(?<![a-z])(?:test|testing|eval|evaluation)(?![a-z])")),
    ("validation", re.compile(r"(?<![a-z])(?:validation|valid|val|dev)(?![a-z])")),
    ("train", re.compile(r"(?<![a-z])(?:train|training)(?![a-z])")),
)
# What `datasets` takes a file for, by any of the endings of its name; the first is favoured.
_FORMATS: Final = {
    ".parquet": "Parquet", ".arrow": "Arrow", ".jsonl": "JSON", ".json": "JSON", ".ndjson": "JSON", ".csv": "CSV",
    ".tsv": "CSV", ".txt": "text",
}  # fmt: skip


class FolderFiles(NamedTuple):
    """Names of regular files below a folder: those whose rows can be read, and all others; links out of it."""

    rows: Sequence[str]
    others: Sequence[str] = ()
    outside: Sequence[str] = ()


def files_of(folder: Path) -> FolderFiles:
    """What is there, by folder and name; hidden files do not count. Raises `UsageError` where there are too many."""
    rows: list[str] = []
    others: list[str] = []
    outside: list[str] = []
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(root).relative_to(folder)
        for name in sorted([*files, *folders]):
            path = Path(root, name)
            if path.is_symlink() and leads_out(path, folder) and name[0] != ".":
                outside.append((below / name).as_posix())
            elif name[0] != "." and name not in _NO_DATA and path.is_file():
                (rows if edition_of(Path(name)) else others).append((below / name).as_posix())
        if len(rows) + len(others) > MOST_FILES:
            raise UsageError(f"{folder} holds more than {MOST_FILES:,} files.\nCheck a part of it.")
    return FolderFiles(rows, others, outside)


def named_split(file: str) -> Split | None:
    """The split that a file is named after, by a word in its name, else in those of its folders."""
    for words in reversed(PurePosixPath(file).with_suffix("").parts):
        for split, pattern in _SPLITS:
            if pattern.search(words.lower()):
                return split
    return None


def named_part(file: str) -> str:
    """The folder that a file lies in, unless that is only called after a split, or `data`."""
    parent = PurePosixPath(file).parent.name
    said = parent.lower() in ("", "data", ".") or any(pattern.search(parent.lower()) for _, pattern in _SPLITS)
    return DEFAULT if said else parent


def stem(file: str) -> str:
    """The name without what says its format: files with the same one hold the same rows."""
    return PurePosixPath(file.removesuffix(".gz")).with_suffix("").as_posix()


def format_of(file: str) -> str | None:
    """The format that `datasets` takes a file for; None for what it takes for no data."""
    endings = PurePosixPath(file.lower()).suffixes
    return next((name for ending, name in _FORMATS.items() if ending in endings), None)


def differing_formats(files: Iterable[str]) -> str | None:
    """How splits differ in format when a folder is loaded by nothing but names; None if they do not."""
    found: dict[str, Counter[str]] = {}
    for file in files:
        split, name = named_split(file), format_of(file)
        if split and name:
            found.setdefault(split, Counter())[name] += 1
    order = list(dict.fromkeys(_FORMATS.values()))
    taken = {split: max(seen, key=lambda name: (seen[name], -order.index(name))) for split, seen in found.items()}
    if len(set(taken.values())) < 2:
        return None
    return ", ".join(f"{split} is {name}" for split, name in taken.items())
