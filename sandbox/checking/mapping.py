"""LLaMA-Factory's `dataset_info.json`: which files it loads and as what, and what of that does not fit their rows.

Knows the rules of LLaMA-Factory's parser and converters (0.9.5); believes nothing it reads.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.checking.conversation import CHATML
from sandbox.checking.descriptions import UnreadableError, read_object
from sandbox.checking.kinds import PAIRED
from sandbox.checking.names import Code
from sandbox.checking.scan import Scanned

NAME: Final = "dataset_info.json"
_ALPACA: Final = {"prompt": "instruction", "query": "input", "response": "output"}
_LISTS_TURNS: Final = ("sharegpt", "openai")


@dataclass(frozen=True)
class Entry:
    """One data set of the file; one that comes from the hub has no `file`."""

    name: str
    file: str
    formatting: str
    ranking: bool
    columns: Mapping[str, str]
    tags: Mapping[str, str]


def read_mapping(folder: Path) -> tuple[Sequence[Entry], str | None]:
    """The entries with local files, and why the file cannot be read; neither where there is none."""
    try:
        found = read_object(folder / NAME) or {}
    except UnreadableError as error:
        return (), str(error)
    return [_entry(str(name), value) for name, value in found.items() if _is_local(value)], None


def _is_local(value: object) -> bool:
    return (
        isinstance(value, dict) and isinstance(value.get("file_name"), str) and not any("url" in key for key in value)
    )


def _entry(name: str, value: Mapping[str, Any]) -> Entry:
    formatting, columns = value.get("formatting", "alpaca"), value.get("columns")
    if columns is None:
        columns = {"messages": "conversations"} if formatting in _LISTS_TURNS else _ALPACA
    ranking, tags = value.get("ranking") is True, _texts(value.get("tags"))
    return Entry(name, value["file_name"], str(formatting), ranking, _texts(columns), tags)


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(key): text for key, text in value.items() if isinstance(text, str)}


def check_entry(entry: Entry, table: Scanned) -> Iterator[tuple[Code, str]]:
    """What of an entry does not fit the table that it loads."""
    there = {column for file in table.files for column in file.columns}
    for column in entry.columns.values():
        if column not in there:
            yield "mapping_column_missing", f"{entry.name}: {column}"
    if entry.formatting == "openai":
        yield "mapping_openai", entry.name
    pairs = table.kind in PAIRED
    if table.kind != "unknown" and pairs != entry.ranking:
        yield "mapping_ranking", entry.name
    if table.kind == "kto" and "kto_tag" not in entry.columns:
        yield "mapping_kto_tag", entry.name
    if table.style == "conversational":
        yield from _of_turns(entry, table, pairs=pairs)


def _of_turns(entry: Entry, table: Scanned, *, pairs: bool) -> Iterator[tuple[Code, str]]:
    if entry.formatting not in _LISTS_TURNS:
        yield "mapping_style", entry.name
        return
    if pairs:
        yield "mapping_pairs", entry.name
    tags = (entry.tags.get("role_tag", "from"), entry.tags.get("content_tag", "value"))
    written = ("from", "value") if table.kind == "sharegpt" else (CHATML.role, CHATML.content)
    if tags != written:
        yield "mapping_tags", entry.name
