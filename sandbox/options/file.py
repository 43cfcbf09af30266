"""Reads options from a TOML file. Knows the form they are declared in; checks names, and numbers from yes and no.

What a value may be is checked where all values come together.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias, get_args, get_type_hints

from sandbox.errors import UsageError
from sandbox.options.domain import Domain, domain_of
from sandbox.options.option import Declared, key_of, options, tables
from sandbox.options.refusal import refusal
from sandbox.options.toml import line_of, read_toml
from sandbox.text import nearest

# A TOML file, or what one would hold.
OptionFile: TypeAlias = Path | Mapping[str, Any]
_NO_NAME: Final = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")
IN_MAPPING = "config"  # where the one stands that Python code gives


def read_options(kind: type[Declared], file: OptionFile) -> dict[str, Any]:
    """The values of the file by the names of the options of `kind`. Raises `UsageError`."""
    if not isinstance(file, Path):
        return options_in(kind, file, IN_MAPPING, partial(place_of, file))
    shown = f"--config {file}"
    return options_in(kind, read_toml(file, shown), shown, partial(place_of, file))


def options_in(
    kind: type[Declared], found: Mapping[str, Any], whole: str, place: Callable[[str], str]
) -> dict[str, Any]:
    """The values of a table that was read, by the names of the options of `kind`. Raises `UsageError`.

    Complaints begin with `whole`, or with the `place` of the key that they are about.
    """
    names = {key_of(name): name for name in options(kind)}
    values: dict[str, Any] = {}
    for word, (key, value) in by_word(found, whole).items():
        shown = place(key)
        if odd := _of_no_name(value):
            raise UsageError(f"{shown}: {key} holds the character {odd}, which is part of no name and of no path.")
        if word in tables(kind):
            values[word] = _rows(kind, word, value, shown)
            continue
        _refuse_rows(kind, word, key, value, shown)
        if isinstance(value, dict):
            raise _below_a_table(kind, key, value, shown)
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            raise _below_a_table(kind, key, value[0], shown)
        check_key(word, names, f"{shown}: unknown key {key!r}.")
        option = options(kind)[names[word]]
        check_value(option.domain, value, f"{shown}: {key} = ", option.wanted)
        values[names[word]] = value
    return values


def place_of(file: OptionFile, key: str) -> str:
    """`--config run.toml:3`, where the line is known in which `key` stands."""
    if not isinstance(file, Path):
        return IN_MAPPING
    line = line_of(file, key)
    return f"--config {file}" if line is None else f"--config {file}:{line}"


def row_domains(kind: type[Declared], name: str) -> Mapping[str, Domain]:
    """What the fields of the rows below `name` may be: of `society` those of `[[society.models]]`."""
    hints = get_type_hints(_class(kind, name), include_extras=True)
    return {field.name: domain_of(hints[field.name]) for field in _fields(kind, name)}


def table_example(kind: type[Declared], name: str) -> str:
    """Two rows of the tables below `name`, as they are written: `[[society.models]]`, `name = "a"`, ..."""
    needed = [field.name for field in _fields(kind, name) if field.default is dataclasses.MISSING]
    rows = (", ".join(f'{field} = "{each}"' for field in needed) for each in "ab")
    return f"{name}.{tables(kind)[name]} = [{', '.join(f'{{ {row} }}' for row in rows)}]"


def by_word(found: Mapping[str, Any], shown: str) -> dict[str, tuple[str, Any]]:
    """Keys and values by the word that both spellings of a key mean. Raises `UsageError` where one stands twice."""
    words: dict[str, tuple[str, Any]] = {}
    for key, value in found.items():
        word = key.replace("-", "_")
        if word in words:
            raise UsageError(f"{shown}: {words[word][0]} and {key} are the same option: leave one of them out.")
        words[word] = key, value
    return words


def _below_a_table(kind: type[Declared], key: str, table: Mapping[str, Any], shown: str) -> UsageError:
    """What is wrong with a table that is none of this command: most often it holds the options themselves."""
    if key in map(key_of, options(kind)):
        return UsageError(f"{shown}: {key}: a table stands where a value belongs.")
    path, inner = [key], table
    while len(inner) == 1 and isinstance(only := next(iter(inner.values())), dict):
        path, inner = [*path, *inner], only
    line = f"[{'.'.join(path)}]"
    return UsageError(
        f"{shown}: unknown key {key!r}: options stand at the top of the file, not below {line}. Take that line out."
    )


def _refuse_rows(kind: type[Declared], word: str, key: str, value: object, shown: str) -> None:
    """Raises `UsageError` for what has tables of its own: `model = ["a", "b"]`, `[[models]]`, `models = "a, b"`."""
    for name, rows in tables(kind).items():
        one = rows.removesuffix("s")
        if word == rows or (isinstance(value, list | dict) and word == one):
            raise UsageError(
                f"{shown}: {key}: several {rows} are [[{name}.{rows}]] tables:\n{table_example(kind, name)}"
            )


def _rows(kind: type[Declared], name: str, table: Any, shown: str) -> Any:
    """The rows of `[[society.models]]`, each with no other keys than the fields of what it becomes."""
    word = tables(kind)[name]
    whole = f"{name}.{word}"
    rows = table[word] if isinstance(table, dict) and set(table) == {word} else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        example = table_example(kind, name)
        raise UsageError(f"{shown}: [{name}] holds [[{whole}]] tables and nothing else:\n{example}")
    return [_row(kind, name, row, f"{shown}: [[{whole}]]") for row in rows]


def _row(kind: type[Declared], name: str, row: Mapping[str, Any], shown: str) -> dict[str, Any]:
    known = row_domains(kind, name)
    values: dict[str, Any] = {}
    for word, (key, value) in by_word(row, shown).items():
        if word not in known and word in map(key_of, options(kind)):
            raise UsageError(f"{shown}: {key} is an option of the whole: put it above the tables.")
        check_key(word, known, f"{shown}: unknown key {key!r}.")
        check_value(known[word], value, f"{shown}: {key} = ")
        values[word] = value
    return values


def _class(kind: type[Declared], name: str) -> Any:
    return get_args(get_type_hints(kind)[name])[0]


def _fields(kind: type[Declared], name: str) -> "tuple[dataclasses.Field[Any], ...]":
    return dataclasses.fields(_class(kind, name))


def check_key(key: str, known: Iterable[str], complaint: str) -> None:
    """Raises `UsageError` with `complaint`, and with the nearest to `key`, where that is not `known`."""
    if key not in known:
        raise UsageError(complaint + nearest(key, known))


def check_value(domain: Domain, value: object, place: str, wanted: str | None = None) -> None:
    """Raises `UsageError` for yes or no in place of a number and the reverse: what reads text takes true for 1."""
    yes_or_no = isinstance(value, bool)
    if yes_or_no and domain.type in (int, float):
        raise refusal(place, value, domain, wanted)
    if isinstance(value, int | float) and not yes_or_no and domain.type is bool:
        raise refusal(place, value, domain, wanted)


def _of_no_name(value: object) -> str | None:
    """The first character in `value` that no path can hold: NUL, or half of one that is no byte of a file's name."""
    if isinstance(value, dict | list):
        return next(filter(None, map(_of_no_name, value.values() if isinstance(value, dict) else value)), None)
    found = _NO_NAME.search(value) if isinstance(value, str) else None
    return found and f"U+{ord(found[0]):04X}"
