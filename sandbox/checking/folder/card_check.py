"""Whether a dataset card says of its tables what is there. Knows cards and tables that were read."""

from collections.abc import Iterator, Mapping, Sequence

from sandbox.checking.folder.card import Card, CardConfig
from sandbox.checking.names import Finding, Place
from sandbox.checking.rows.columns import EMPTY, ColumnTypes, misfit
from sandbox.checking.rows.scan import Scanned
from sandbox.export.names import CARD


def check_card(card: Card, tables: Sequence[Scanned]) -> Iterator[Finding]:
    """What the card says otherwise, one finding for each table and column."""
    for config in card.configs:
        named = [table for table in tables if table.table.name.part == config.name and _is_named(config, table)]
        for table in named:
            yield from _rows(config, table)
            if config.features is not None:
                for file in table.files:
                    yield from _features(config.features, file, table)


def _is_named(config: CardConfig, table: Scanned) -> bool:
    """The card means one edition: that of the patterns."""
    endings = {"parquet" if pattern.endswith(".parquet") else "json" for _, pattern in config.files}
    return table.table.name.edition in endings


def _rows(config: CardConfig, table: Scanned) -> Iterator[Finding]:
    said = config.rows.get(table.table.name.split)
    if said is not None and said != table.rows:
        about = f"{said} of {table.table.name.split}, not {table.rows}"
        yield Finding("card_rows_differ", table.table.name, about, 1, (Place(CARD),))


def _features(known: Mapping[str, str], file: ColumnTypes, table: Scanned) -> Iterator[Finding]:
    for column in sorted({*known} ^ {*file.columns} if file.rows else ()):
        there = "not there" if column in known else "not described"
        yield Finding("card_features_differ", table.table.name, f"{column} is {there}", 1, (Place(file.file),))
    for column in file.columns:
        said = known.get(column, "unknown")
        for name, seen in file.types(column).items():
            if "unknown" not in said and name not in EMPTY and misfit({said}, name):
                about = f"{column} is {name}, not {said}"
                yield Finding("card_features_differ", table.table.name, about, seen.rows, (seen.first,))
