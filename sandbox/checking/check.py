"""A dataset folder, or one file, from its files to what trainers would do with it. Knows the order of the steps.

Nothing that stands in a file ends the check: what cannot be read is a finding.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sandbox.checking.folder.card import Card
from sandbox.checking.folder.check import Folder, check_descriptions, check_folder, open_folder
from sandbox.checking.folder.files import FolderFiles, format_of
from sandbox.checking.folder.inside import leads_out
from sandbox.checking.folder.layout import lay_out
from sandbox.checking.folder.manifest_file import ManifestFile, read_manifest
from sandbox.checking.folder.mapping import MappingFile
from sandbox.checking.names import RowKind, TableName
from sandbox.checking.rows.comparison import compare, told_once
from sandbox.checking.rows.measuring import Count, Measure
from sandbox.checking.rows.reading import edition_of
from sandbox.checking.rows.scan import ReportRows, Scanned, Table, peek, scan
from sandbox.checking.trainers.assessment import Assessment, assess, taken
from sandbox.errors import UsageError
from sandbox.export.names import MANIFEST, MAX_LENGTH, Trainer
from sandbox.text import nearest, typed

THEIR_LENGTH: Final = 1024  # tokens: the context that TRL's trainers start with
_READ: Final = "Looked at are .jsonl and .json files, also as .gz, and .parquet files"


def check(
    path: Path,
    trainers: frozenset[Trainer] | None,
    max_length: int | None = None,
    progress: ReportRows = lambda _file, _rows: None,
    count: Count | None = None,
) -> Assessment:
    """Read all data at `path`; `trainers` are those that it has to do for, None leaves that to its manifest.

    `max_length` is the context in tokens: where it is None, that of our configurations for a folder of ours, and else
    the one that TRL starts with. Rows are measured by `count`, or estimated.
    Raises `UsageError` where there is no data.
    """
    folder = _opened(path)
    meant = folder.manifest.trainers if trainers is None else trainers
    context = max_length or (MAX_LENGTH if folder.manifest.own else THEIR_LENGTH)
    findings = list(check_folder(folder, meant)) if path.is_dir() else []
    tables = _scanned(folder, Measure(context, count), progress)
    findings += check_descriptions(folder, tables)
    compare(tables)
    layout = folder.layout
    findings += told_once(tables, lambda table: layout.is_unread(table.table.name))
    return assess([taken(table, layout.who_reads(table.table.name)) for table in tables], findings, meant, context)


def _opened(path: Path) -> Folder:
    if path.is_file():
        if edition_of(path) is None:
            raise UsageError(f"{path} is no file that can be looked at.\n{_READ}: write the rows so, or name a folder.")
        files, card, manifest = FolderFiles([path.name]), Card(), ManifestFile()
        mapping = MappingFile((), None, there=False)
        return Folder(path.parent, files, manifest, card, mapping, lay_out(files, card, (), manifest))
    if not path.is_dir():
        raise UsageError(f"There is no folder {path}.{_near(path)}\nCheck a dataset folder, or a file of one.")
    _refuse_many(path)
    folder = open_folder(path)
    if not folder.layout.tables:
        raise UsageError(
            f"{path} holds no data: {_absent(folder.files)}.\n{_READ}: write the rows so, or name another."
        )
    return folder


def _refuse_many(path: Path) -> None:
    """A run, and a folder of exported folders, are no dataset. Raises `UsageError`."""
    if (path / "calls.jsonl").is_file():
        advice = f"Export it first: sandbox export {typed(path)} --format dpo --out DIR"
        raise UsageError(f"{path} is a run and no dataset.\n{advice}")
    manifests = (each for each in path.glob(f"*/{MANIFEST}") if not leads_out(each, path))
    exported = [each.parent for each in manifests if read_manifest(each.parent).own]
    if exported and read_manifest(path).own is None:
        advice = f"Try: sandbox export --check {typed(min(exported))}"
        raise UsageError(f"{path} holds exported folders: check one at a time.\n{advice}")


def _absent(files: FolderFiles) -> str:
    if files.outside:
        return f"{files.outside[0]} is a link that leads out of it"
    there = {name for file in files.others if (name := format_of(file)) not in (None, "text")}
    return f"only {' and '.join(sorted(there))}, which is not looked at" if there else "no file that can be looked at"


def _scanned(folder: Folder, measure: Measure, progress: ReportRows) -> list[Scanned]:
    tables = [_table(folder, name, files) for name, files in folder.layout.tables.items()]
    kinds = {table.name: peek(table) for table in tables}
    for table in tables:
        if kinds[table.name] == "unknown":
            interactions = folder.manifest.format == "parquet"
            kinds[table.name] = "interactions" if interactions else _of_part(table.name, kinds)
    return [scan(table, kinds[table.name], measure, progress) for table in tables]


def _of_part(name: TableName, kinds: Mapping[TableName, RowKind]) -> RowKind:
    """A split that lacks a column is still of the kind of the others."""
    return next((kind for other, kind in kinds.items() if other.part == name.part and kind != "unknown"), "unknown")


def _table(folder: Folder, name: TableName, files: Sequence[str]) -> Table:
    """JSON files are read by their types as guessed, unless only a card that says the types leads to them."""
    layout = folder.layout
    typed = name in layout.typed and "llama-factory" not in layout.readers[name]
    inferred = name.edition == "json" and not typed
    return Table(name, folder.path, files, inferred, layout.label(name), folder.manifest.own)


def _near(path: Path) -> str:
    try:
        return nearest(path.name, [entry.name for entry in path.parent.iterdir()])
    except OSError:
        return ""
