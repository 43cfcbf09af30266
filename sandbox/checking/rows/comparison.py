"""What only shows between the files, splits and editions of tables that were read. Knows hashes and types, no rows."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Final

from sandbox.checking.names import Code, Finding, Place, RowKind
from sandbox.checking.rows.column_check import check_drift
from sandbox.checking.rows.kinds import roles
from sandbox.checking.rows.scan import Scanned

_UNCOMPARED: Final = frozenset[RowKind]({"interactions", "unknown"})


def compare(tables: Sequence[Scanned]) -> None:
    """Note in the tallies of tables how they differ from each other, and what they share."""
    for _, of_part in groupby(sorted(tables, key=_edition), key=_edition):
        splits = list(of_part)
        _compare_columns(splits)
        for number, table in enumerate(splits):
            for before in splits[:number]:
                group = table.hashes.also_in(before.hashes)
                table.faults.add("leak", before.table.name.split, group.rows, group.places)
    _compare_editions(tables)


def told_once(tables: Sequence[Scanned], is_unread: Callable[[Scanned], bool]) -> list[Finding]:
    """What was found in rows; of a copy that nothing leads to, only what its original has not."""
    found: list[Finding] = []
    by_name = {table.table.name: table for table in tables}
    for table in tables:
        original = by_name.get(table.table.name._replace(edition="parquet"))
        told: set[tuple[Code, str]] = set()
        if original and original is not table and is_unread(table) and _same_rows(original, table):
            told = {(finding.code, finding.about) for finding in original.faults.findings()}
        found += [finding for finding in table.faults.findings() if (finding.code, finding.about) not in told]
    return found


def _compare_columns(splits: Sequence[Scanned]) -> None:
    files = [(table, file) for table in splits for file in table.files if file.rows]
    for table, file in files[1:]:
        if table.kind != "interactions":
            check_drift(files[0][1], file, roles(files[0][0].kind), table.faults, inferred=table.table.inferred)


def _same_rows(one: Scanned, other: Scanned) -> bool:
    return one.hashes.rows == other.hashes.rows


def _edition(table: Scanned) -> tuple[str, str]:
    return table.table.name.part, table.table.name.edition


def _compare_editions(tables: Sequence[Scanned]) -> None:
    parquet = {table.table.name: table for table in tables if table.table.name.edition == "parquet"}
    for table in tables:
        other = parquet.get(table.table.name._replace(edition="parquet"))
        if not other or other is table or table.unread or other.unread:
            continue
        if table.kind not in _UNCOMPARED and not _same_rows(table, other):
            table.faults.add("copies_differ", "", 1, [Place(table.files[0].file)])
