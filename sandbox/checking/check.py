"""A dataset folder, or one file, from its files to what trainers would do with it. Knows the order of the steps.

Nothing that stands in a file ends the check: what cannot be read is a finding.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

from sandbox.checking.card import Card, read_card
from sandbox.checking.card_check import check_card
from sandbox.checking.column_check import check_drift
from sandbox.checking.judgement import Judgement, judge, taken
from sandbox.checking.kinds import roles
from sandbox.checking.layout import Layout, data_files, lay_out
from sandbox.checking.manifest_file import ManifestFile, check_files, read_manifest
from sandbox.checking.mapping import check_entry, read_mapping
from sandbox.checking.names import Code, Finding, Place, RowKind, TableName
from sandbox.checking.reading import ENDINGS, edition_of
from sandbox.checking.scan import Progress, Scanned, Table, peek, scan
from sandbox.errors import UsageError
from sandbox.export.names import Trainer
from sandbox.resolution import nearest

Reading = Callable[[Table, RowKind], Scanned]
_UNCOMPARED = frozenset[RowKind]({"interactions", "unknown"})


def check(
    path: Path, trainers: frozenset[Trainer] | None, max_length: int, progress: Progress = lambda _file, _rows: None
) -> Judgement:
    """Read all data at `path`; `trainers` are those that it has to do for, None leaves that to its manifest.

    `max_length` is the context in tokens. Raises `UsageError` where there is no data.
    """
    reading = partial(scan, max_length=max_length, progress=progress)
    if path.is_file():
        if edition_of(path) is None:
            raise UsageError(f"{path} is no data file: its name ends in none of {', '.join(ENDINGS)}.")
        layout = lay_out([path.name], Card(), (), ManifestFile())
        tables = _scanned(path.parent, layout, ManifestFile(), reading)
        return _judged(layout, tables, [], trainers)
    if not path.is_dir():
        raise UsageError(f"There is no folder {path}.{_near(path)}\nCheck a dataset folder, or a file of one.")
    return _check_folder(path, trainers, reading)


def _check_folder(folder: Path, trainers: frozenset[Trainer] | None, reading: Reading) -> Judgement:
    manifest, card = read_manifest(folder), read_card(folder / "README.md")
    entries, broken_mapping = read_mapping(folder)
    layout = lay_out(data_files(folder), card, entries, manifest)
    if not layout.tables:
        endings = ", ".join(ENDINGS)
        raise UsageError(f"{folder} holds no data: no file in it ends in {endings}.\nName the folder of a dataset.")
    findings = list(_of_folder(folder, layout, card, manifest, broken_mapping))
    tables = _scanned(folder, layout, manifest, reading)
    findings += check_card(card, tables)
    for (_, name), entry in layout.entries.items():
        table = next(each for each in tables if each.table.name == name)
        findings += [_named(code, name, about, "dataset_info.json") for code, about in check_entry(entry, table)]
    return _judged(layout, tables, findings, manifest.trainers if trainers is None else trainers)


def _of_folder(
    folder: Path, layout: Layout, card: Card, manifest: ManifestFile, broken_mapping: str | None
) -> Iterator[Finding]:
    """What the files that describe a folder show by themselves."""
    problems: dict[Code, tuple[str, str | None]] = {
        "manifest_broken": ("manifest.json", manifest.problem),
        "card_broken": ("README.md", card.problem),
        "mapping_broken": ("dataset_info.json", broken_mapping),
    }
    for code, (file, problem) in problems.items():
        if problem is not None:
            yield _named(code, None, problem, file)
    for missing in layout.missing_of_card:
        yield _named("card_file_missing", None, missing, "README.md")
    for missing in layout.missing_of_mapping:
        yield _named("mapping_file_missing", None, missing, "dataset_info.json")
    for code, file in check_files(folder, manifest):
        yield _named(code, None, file, file if code == "checksum_differs" else "manifest.json")


def _named(code: Code, table: TableName | None, about: str, file: str) -> Finding:
    return Finding(code, table, about, 1, (Place(file),))


def _scanned(folder: Path, layout: Layout, manifest: ManifestFile, reading: Reading) -> list[Scanned]:
    tables = [_table(folder, name, files, layout) for name, files in layout.tables.items()]
    kinds = {table.name: peek(table) for table in tables}
    for table in tables:
        if kinds[table.name] == "unknown":
            kinds[table.name] = "interactions" if manifest.format == "parquet" else _of_part(table.name, kinds)
    return [reading(table, kinds[table.name]) for table in tables]


def _of_part(name: TableName, kinds: Mapping[TableName, RowKind]) -> RowKind:
    """A split that lacks a column is still of the kind of the others."""
    return next((kind for other, kind in kinds.items() if other.part == name.part and kind != "unknown"), "unknown")


def _table(folder: Path, name: TableName, files: Sequence[str], layout: Layout) -> Table:
    """JSON files are read by their types as guessed, unless only a card that says the types leads to them."""
    typed = name in layout.typed and "llama-factory" not in layout.readers[name]
    return Table(name, folder, files, inferred=name.edition == "json" and not typed)


def _judged(
    layout: Layout, tables: Sequence[Scanned], findings: Iterable[Finding], meant: frozenset[Trainer] | None
) -> Judgement:
    _compare(tables)
    found = [*findings, *_of_tables(layout, tables)]
    return judge([taken(table, layout.who_reads(table.table.name)) for table in tables], found, meant)


def _of_tables(layout: Layout, tables: Sequence[Scanned]) -> Iterator[Finding]:
    """What was found in rows; of a copy that nothing leads to, only what its original has not."""
    by_name = {table.table.name: table for table in tables}
    for table in tables:
        original = by_name.get(table.table.name._replace(edition="parquet"))
        told: set[tuple[Code, str]] = set()
        if original and original is not table and layout.is_unread(table.table.name) and _same_rows(original, table):
            told = {(finding.code, finding.about) for finding in original.tally.findings()}
        yield from (finding for finding in table.tally.findings() if (finding.code, finding.about) not in told)


def _same_rows(one: Scanned, other: Scanned) -> bool:
    return one.hashes.rows == other.hashes.rows


def _compare(tables: Sequence[Scanned]) -> None:
    """Note what only shows between files, splits and editions."""
    for _, of_part in groupby(sorted(tables, key=_edition), key=_edition):
        splits = list(of_part)
        files = [(table, file) for table in splits for file in table.files]
        for table, file in files[1:]:
            if table.kind != "interactions":
                check_drift(files[0][1], file, roles(table.kind), table.tally, inferred=table.table.inferred)
        for number, table in enumerate(splits):
            for before in splits[:number]:
                group = table.hashes.also_in(before.hashes)
                table.tally.add("leak", f"{before.table.name.split}", group.rows, group.places)
    _compare_editions(tables)


def _edition(table: Scanned) -> tuple[str, str]:
    return table.table.name.part, table.table.name.edition


def _compare_editions(tables: Sequence[Scanned]) -> None:
    parquet = {table.table.name: table for table in tables if table.table.name.edition == "parquet"}
    for table in tables:
        other = parquet.get(table.table.name._replace(edition="parquet"))
        if other and other is not table and table.kind not in _UNCOMPARED and not _same_rows(table, other):
            table.tally.add("copies_differ", "", 1, [Place(table.files[0].file)])


def _near(path: Path) -> str:
    try:
        return nearest(path.name, [entry.name for entry in path.parent.iterdir()])
    except OSError:
        return ""
