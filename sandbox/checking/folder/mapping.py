"""LLaMA-Factory's `dataset_info.json`: which files it loads and as what, and what of that does not fit their rows.

Knows the rules of LLaMA-Factory's parser and converters (0.9.5); believes nothing it reads.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

from sandbox.checking.folder.descriptions import UnreadableError, read_object
from sandbox.checking.names import Code
from sandbox.checking.rows.conversation import Keys
from sandbox.checking.rows.kinds import PAIRED, RANKED
from sandbox.checking.rows.scan import Scanned
from sandbox.export.names import MAPPING

_ALPACA: Final = {"prompt": "instruction", "query": "input", "response": "output"}
_LISTS_TURNS: Final = ("sharegpt", "openai")
# What it takes for the tags where none is named; beside one that is, those that are not are nothing.
_TAGS: Final = {
    "role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt", "system_tag": "system",
}  # fmt: skip
_LOADED: Final = frozenset({".arrow", ".csv", ".json", ".jsonl", ".parquet", ".txt"})
TRAIN: Final = "train"


@dataclass(frozen=True)
class MappingEntry:
    """One data set of the file; one that comes from the hub has no `file`."""

    name: str
    file: str
    formatting: str
    ranking: bool
    columns: Mapping[str, str]
    tags: Mapping[str, str]
    split: str = TRAIN


class MappingFile(NamedTuple):
    """What the folder has of it: the entries with local files, why it cannot be read, and whether it is there."""

    entries: Sequence[MappingEntry]
    problem: str | None
    there: bool


def read_mapping(folder: Path) -> MappingFile:
    """The `dataset_info.json` of a folder."""
    try:
        found = read_object(folder / MAPPING)
    except UnreadableError as error:
        return MappingFile((), str(error), there=True)
    entries = [_entry(str(name), value) for name, value in (found or {}).items() if _is_local(value)]
    return MappingFile(entries, None, there=found is not None)


def _is_local(value: object) -> bool:
    return (
        isinstance(value, dict) and isinstance(value.get("file_name"), str) and not any("url" in key for key in value)
    )


def _entry(name: str, value: Mapping[str, Any]) -> MappingEntry:
    formatting, columns = value.get("formatting", "alpaca"), value.get("columns")
    if columns is None:
        columns = {"messages": "conversations"} if formatting in _LISTS_TURNS else _ALPACA
    return MappingEntry(
        name=name,
        file=value["file_name"],
        formatting=str(formatting),
        ranking=value.get("ranking") is True,
        columns=_texts(columns),
        tags=_texts(value["tags"]) if "tags" in value else _TAGS,
        split=str(value.get("split", TRAIN)),
    )


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(key): text for key, text in value.items() if isinstance(text, str)}


def check_source(entry: MappingEntry, files: Collection[str]) -> Iterator[tuple[Code, str]]:
    """What of an entry keeps LLaMA-Factory from loading any file, of all that are there."""
    path = PurePosixPath(entry.file)
    if path.as_posix() in files and path.suffix not in _LOADED:
        yield "mapping_file_type", f"{entry.name}: {entry.file}"
    if entry.split != TRAIN:
        yield "mapping_split", f"{entry.name}: {entry.split}"


def check_entry(entry: MappingEntry, table: Scanned) -> Iterator[tuple[Code, str]]:
    """What of an entry does not fit the table that it loads."""
    there = {column for file in table.files for column in file.columns}
    for column in entry.columns.values():
        if column not in there:
            yield "mapping_column_missing", f"{entry.name}: {column}"
    if entry.formatting == "openai":
        yield "mapping_openai", entry.name
    if table.kind != "unknown" and (table.kind in RANKED) != entry.ranking:
        yield "mapping_ranking", entry.name
    if table.kind == "kto" and "kto_tag" not in entry.columns:
        yield "mapping_kto_tag", entry.name
    if table.style == "conversational":
        yield from _of_turns(entry, table)


def _of_turns(entry: MappingEntry, table: Scanned) -> Iterator[tuple[Code, str]]:
    if entry.formatting not in _LISTS_TURNS:
        yield "mapping_style", entry.name
        return
    if table.kind in PAIRED:
        yield "mapping_pairs", entry.name
    written = table.written
    named = (entry.tags.get("role_tag"), entry.tags.get("content_tag")) == (written.role, written.content)
    wrong = {written.speakers.get(role) for role in table.roles if not _is_named(entry, written, role)}
    if not named or wrong & {"user", "assistant"}:
        yield "mapping_tags", entry.name
    elif "system" in wrong:
        yield "mapping_system", entry.name


def _is_named(entry: MappingEntry, written: Keys, role: str) -> bool:
    return entry.tags.get(f"{written.speakers.get(role)}_tag") == role
