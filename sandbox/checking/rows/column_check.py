"""What the columns of a table show once all rows are read, and how its files differ. Knows types, no single value."""

from collections.abc import Collection, Sequence
from itertools import islice
from typing import Final

from sandbox.checking.names import Code, Place
from sandbox.checking.rows.columns import EMPTY, ColumnTypes, Seen, misfit
from sandbox.checking.rows.faults import Faults
from sandbox.checking.rows.kinds import MARGIN, READY_TOKENS, SPECIAL, Roles

_NUMBERS: Final = frozenset({"integer", "float"})
_STYLES: Final = frozenset({"text", "list of object"})
_MOST_NAMES: Final = 8


def check_columns(file: ColumnTypes, roles: Roles, faults: Faults, *, inferred: bool) -> None:
    """Nulls, gaps and types of one file; `inferred` if whoever reads it guesses types from its beginning."""
    for column in file.columns:
        types = file.types(column)
        if "null" in types:
            faults.add(_null(column, roles), column, types["null"].rows, [types["null"].first])
        _check_types(column, types, roles, faults)
        if inferred:
            _check_late(column, types, faults)
            if column in roles.texts and (place := file.dates(column)):
                faults.add("all_dates", column, types["text"].rows, [place])
    _check_gaps(file, roles, faults)


def _check_gaps(file: ColumnTypes, roles: Roles, faults: Faults) -> None:
    uneven = {}
    for column, count, place in file.absent():
        if column in roles.required:
            faults.add("missing_column", column, count, [place])
        else:
            uneven[column] = count, place
    if uneven:
        most, place = max(uneven.values(), key=lambda gap: gap[0])
        faults.add("uneven_column", listed(uneven), most, [place])


def check_names(files: Sequence[ColumnTypes], named: Collection[str], faults: Faults) -> None:
    """Columns of a table that no trainer of its kind of rows reads, and those that one may take for its own."""
    extra: dict[str, Place] = {}
    for file in files:
        if set(file.columns) >= READY_TOKENS:
            faults.add("ready_tokens", ", ".join(sorted(READY_TOKENS)), file.rows, [Place(file.file)])
        for column in file.columns:
            first = next(iter(file.types(column).values())).first
            if column in SPECIAL and column not in named:
                faults.add(SPECIAL[column], column, file.rows, [first])
            elif column not in named:
                extra.setdefault(column, first)
    if extra:
        rows = sum(file.rows for file in files if any(column in extra for column in file.columns))
        faults.add("extra_column", listed(extra), rows, [next(iter(extra.values()))])


def listed(names: Collection[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(names) - _MOST_NAMES
    return ", ".join(islice(names, _MOST_NAMES)) + (f" and {more} more" if more > 0 else "")


def check_drift(first: ColumnTypes, other: ColumnTypes, roles: Roles, faults: Faults, *, inferred: bool) -> None:
    """What in `other` does not fit into the columns of `first`, from whose values types are `inferred`.

    If they are not, as in Parquet, a column of nothing but nulls may yet be of the right type.
    """
    if not other.rows or not first.rows:
        return
    _check_same_columns(first, other, roles, faults)
    for column in first.columns:
        known = first.types(column)
        if inferred or known.keys() - EMPTY:
            _check_same_types(column, known, other.types(column), faults)


def _check_same_columns(first: ColumnTypes, other: ColumnTypes, roles: Roles, faults: Faults) -> None:
    for column in other.columns:
        if column not in first.columns:
            faults.add("new_column", column, other.rows, [Place(other.file)])
    for column in first.columns:
        if column not in other.columns:
            faults.add(_lost(column, roles), column, other.rows, [Place(other.file)])


def _lost(column: str, roles: Roles) -> Code:
    if column == MARGIN:
        return "lost_margin"
    return "lost_column" if column in roles.required and column not in roles.numbers else "uneven_column"


def _check_same_types(column: str, known: dict[str, Seen], types: dict[str, Seen], faults: Faults) -> None:
    for name, seen in types.items():
        if fit := misfit(known, name):
            # Between files `datasets` makes texts of numbers, but not of lists.
            bent = fit == "bends" and not name.startswith(("list", "object"))
            about = f"{column} is {name}, not {' or '.join(known)}"
            faults.add("types_bent" if bent else "types_differ", about, seen.rows, [seen.first])
            return


def _null(column: str, roles: Roles) -> Code:
    if column in roles.optional:
        return "null_extra"
    if column in roles.texts or column in roles.lists:
        return "null_text"
    if column in roles.numbers:
        return "null_number"
    return "null_label" if column == roles.label else "null_extra"


def _check_types(column: str, types: dict[str, Seen], roles: Roles, faults: Faults) -> None:
    kinds = {name: seen for name, seen in types.items() if name not in EMPTY}
    least = min(kinds.items(), key=lambda item: item[1].rows, default=None)
    if least and kinds.keys() == _NUMBERS:
        faults.add("mixed_numbers", column, least[1].rows, [least[1].first])
    elif least and len(kinds) > 1 and not (column in roles.texts and kinds.keys() <= _STYLES):
        faults.add("mixed_types", f"{column}: {', '.join(kinds)}", least[1].rows, [least[1].first])
    if column in roles.numbers and kinds.keys() == {"integer"}:
        faults.add("integer_number", column, kinds["integer"].rows, [kinds["integer"].first])
    if column == "scores" and column in roles.lists and kinds.keys() == {"list of integer"}:
        faults.add("integer_number", column, kinds["list of integer"].rows, [kinds["list of integer"].first])


def _check_late(column: str, types: dict[str, Seen], faults: Faults) -> None:
    """A type that comes only after `datasets` has settled what the column holds, and does not fit into it."""
    early = [name for name, seen in types.items() if seen.early]
    for name, seen in types.items():
        if not seen.early and (fit := misfit(early, name)):
            before = " or ".join(early) if early else "absent"
            code: Code = "late_bent" if fit == "bends" else "late_type"
            faults.add(code, f"{column}: {before}, then {name}", seen.rows, [seen.first])
            return
