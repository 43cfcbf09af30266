"""Reads options from a TOML file. Knows the form they are declared in, and checks their names, not their values."""

import dataclasses
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args, get_type_hints

from sandbox.errors import UsageError
from sandbox.options.option import Declared, key_of, options, tables
from sandbox.text import nearest


def read_options(kind: type[Declared], path: Path) -> dict[str, Any]:
    """The values of the file by the names of the options of `kind`. Raises `UsageError`."""
    found = _parsed(path)
    names = {key_of(name): name for name in options(kind)}
    values: dict[str, Any] = {}
    for key, value in found.items():
        if key in tables(kind):
            values[key] = _rows(kind, key, value, path)
        else:
            word = key.replace("-", "_")
            _check_key(word, names, f"--config {path}: unknown key {key!r}.")
            values[names[word]] = value
    return values


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"--config {path}: no such file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--config {path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"--config {path}: not valid TOML: {error}") from None


def _rows(kind: type[Declared], name: str, table: Any, path: Path) -> Any:
    """The rows of `[[society.models]]`, each with no other keys than the fields of what it becomes."""
    word = tables(kind)[name]
    whole = f"{name}.{word}"
    if not isinstance(table, dict) or set(table) != {word}:
        raise UsageError(f"--config {path}: [{name}] holds [[{whole}]] tables and nothing else.")
    known = [field.name for field in dataclasses.fields(get_args(get_type_hints(kind)[name])[0])]
    for row in table[word] if isinstance(table[word], list) else ():
        for key in row if isinstance(row, dict) else ():
            _check_key(key, known, f"--config {path}: unknown key {key!r} in [[{whole}]].")
    return table[word]


def _check_key(key: str, known: Iterable[str], complaint: str) -> None:
    if key not in known:
        raise UsageError(complaint + nearest(key, known))
