"""STUDY.toml: what a study holds the same, what it varies, and what it may spend. Knows options and tables, no run.

Every complaint names the file, the line where that is certain, and the nearest word to one that is not known.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from sandbox.errors import UsageError
from sandbox.options.completion import RUN_ID
from sandbox.options.config import Config
from sandbox.options.file import by_word, check_key, check_value, options_in
from sandbox.options.option import key_of, options
from sandbox.options.places import Key, Places
from sandbox.options.resolution import merged
from sandbox.options.toml import parse_toml, toml_bytes
from sandbox.runs.study import Value
from sandbox.studies.settings import Axis, Row, Setting, Settings, StudyFile, is_value, source_of
from sandbox.text import written

_TABLES: Final = ("name", "base", "matrix", "exclude", "include", "budget")
_AMOUNTS: Final = ("usd", "tokens", "calls")
# What the study itself says of each of its runs, or of the command.
_ITS_OWN: Final = ("runs", "run_id", "yes", "json", "debug")
_RANGE: Final = ("from", "count")
_MOST_VALUES: Final = 10_000


def read_study_file(path: Path) -> StudyFile:
    """The study in the TOML file at `path`. Raises `UsageError`."""
    content = toml_bytes(path, str(path))
    return _Reader(path, content, content.decode("utf-8-sig", "replace")).study()


def study_in(content: bytes, path: Path) -> StudyFile:
    """The study in `content`, which nobody wrote by hand: complaints say `path`, and no line. Raises `UsageError`."""
    return _Reader(path, content, "").study()


class _Reader:
    """Reads the tables of one file."""

    def __init__(self, path: Path, content: bytes, lines: str) -> None:
        self._path: Final = path
        self._content: Final = content
        self._places: Final = Places(str(path), lines)
        found = parse_toml(content, str(path))
        self._found: Final = {word: value for word, (_, value) in by_word(found, str(path)).items()}

    def study(self) -> StudyFile:
        matrix = self._table("matrix")
        words = by_word(matrix, self._places.of("matrix"))
        named = [word for word in words if word not in options(Config)]
        for key in self._found:
            check_key(key, (*_TABLES, *named), f"{self._places.of(key)}: unknown key {key!r}.")
        axes = tuple(self._axis(word, value) for word, (_, value) in words.items())
        by_name = {axis.name: axis for axis in axes}
        name, base = self._name(), self._below(self._table("base"), "base")
        exclude, include = (tuple(self._rows(key, by_name)) for key in ("exclude", "include"))
        return StudyFile(self._path, self._content, name, base, axes, exclude, include, self._budget())

    def _name(self) -> str:
        name, place = self._found.get("name"), self._places.of("name")
        if not isinstance(name, str) or not RUN_ID.fullmatch(name):
            what = f"{place}: name is missing" if name is None else f"{place}: name = {name!r} names no folder"
            raise UsageError(
                f"{what}: wanted are up to 100 letters, digits, '.', '_' and '-', such as labels-by-model."
            )
        return name

    def _table(self, key: str) -> Mapping[str, Any]:
        value = self._found.get(key, {})
        if not isinstance(value, dict):
            raise UsageError(f"{self._places.of(key)}: {key} is a table: write [{key}] above its keys.")
        return value

    def _settings(self, table: Mapping[str, Any], whole: str, place: Callable[[str], str]) -> Settings:
        """The options that `table` sets, each checked by itself. Raises `UsageError`."""
        found = options_in(Config, table, whole, place)
        sets = {name: Setting(value, place(key_of(name)), key_of(name)) for name, value in found.items()}
        for name, setting in sets.items():
            self._refuse_its_own(name, setting.place)
            merged(Config, [source_of({name: setting})])
        return sets

    def _below(self, table: Mapping[str, Any], *path: Key) -> Settings:
        return self._settings(table, self._places.of(*path), partial(self._places.of, *path))

    def _refuse_its_own(self, name: str, place: str) -> None:
        if name == "retry_failed":
            raise UsageError(f"{place}: retry_failed is not of one cell: give sandbox study run --retry-failed.")
        if name in _ITS_OWN:
            raise UsageError(f"{place}: {key_of(name)} is for the study to say, not for its file: take it out.")

    def _axis(self, word: str, given: Any) -> Axis:
        place = self._places.of("matrix", word)
        if word in _TABLES:
            raise UsageError(f"{place}: {word} means something else in this file: give the axis another name.")
        values = self._values(word, given, place)
        if word in options(Config):
            return Axis(word, values, tuple(self._varied(word, value, place) for value in values))
        tables = self._tables(word, values, place)
        return Axis(word, values, tuple(self._below(table, word, name) for name, table in tables.items()))

    def _values(self, word: str, given: Any, place: str) -> tuple[Value, ...]:
        """The values of an axis: a list, or a range of whole numbers."""
        if isinstance(given, dict):
            return self._range(word, given, place)
        if not isinstance(given, list) or not given:
            raise UsageError(f'{place}: {word}: wanted is a list of values, such as {word} = ["a", "b"].')
        if len(given) > _MOST_VALUES:
            raise UsageError(f"{place}: {word}: {len(given):,} values, and an axis has at most {_MOST_VALUES:,}.")
        before: set[tuple[bool, Value]] = set()
        for number, value in enumerate(given):
            if not is_value(value):
                raise UsageError(f"{place}: {word}: value {number + 1} is no text and no number of 64 bits.")
            if (one := (isinstance(value, bool), value)) in before:  # true is not 1
                raise UsageError(f"{place}: {word}: {value!r} stands there twice. Leave one of them out.")
            before.add(one)
        return tuple(given)

    def _range(self, word: str, given: Mapping[str, Any], place: str) -> tuple[Value, ...]:
        for key in given:
            check_key(key, _RANGE, f"{place}: {word}: unknown key {key!r}.")
        first, count = given.get("from", 0), given.get("count")
        if (
            type(first) is not int
            or type(count) is not int
            or not (1 <= count <= _MOST_VALUES and is_value(first + count))
        ):
            raise UsageError(
                f"{place}: {word}: wanted are whole numbers, as in {{ from = 0, count = 5 }}, "
                f"with a count from 1 to {_MOST_VALUES}."
            )
        return tuple(range(first, first + count))

    def _varied(self, word: str, value: Value, place: str) -> Settings:
        """What a value of an option sets. Raises `UsageError` for one that a study cannot vary."""
        option = options(Config)[word]
        if option.operational and not option.by_content:
            raise UsageError(
                f"{place}: {word} never changes what a run gives, so nothing can be compared by it: set it in [base]."
            )
        return self._settings({word: value}, place, lambda _: place)

    def _tables(self, word: str, values: Sequence[Value], place: str) -> dict[str, Mapping[str, Any]]:
        """The tables that the values of an axis name. Raises `UsageError` where one is missing, or is not named."""
        tables = self._found.get(word, {})
        if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
            raise UsageError(f"{self._places.of(word)}: below {word} stand tables of options, such as [{word}.small].")
        if not tables:
            check_key(word, options(Config), f"{place}: {word} is no option of a run, and there is no [{word}.NAME].")
        names = [*map(written, values)]
        for name in names:
            if name not in tables:
                text = f"{place}: {word}: there is no table [{word}.{name}] that says what {name} is."
                check_key(name, tables, text)
        for name in tables:
            check_key(name, names, f"{self._places.of(word, name)}: [{word}.{name}] is not in the matrix.")
        if len({*names}) < len(names):
            raise UsageError(f"{place}: {word}: two values have one table, as 1 and '1' have. Leave one of them out.")
        return {name: tables[name] for name in names}

    def _rows(self, key: str, axes: Mapping[str, Axis]) -> list[Row]:
        rows = self._found.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) and row for row in rows):
            raise UsageError(f"{self._places.of(key)}: {key} are tables, each below a line [[{key}]].")
        return [self._row(key, number, row, axes) for number, row in enumerate(rows)]

    def _row(self, key: str, number: int, row: Mapping[str, Any], axes: Mapping[str, Axis]) -> Row:
        """One cell, or those that are left out. Only a cell that is added may have values that the matrix lacks."""
        values: dict[str, Value] = {}
        sets: dict[str, Setting] = {}
        for word, (name, value) in by_word(row, self._places.of(key, number)).items():
            place = self._places.of(key, number, name)
            known = axes if key == "exclude" else {**axes, **options(Config)}
            check_key(word, known, f"{place}: unknown key {name!r}: wanted is an axis of the matrix.")
            found = axes[word].settings(value) if word in axes else None
            if found is None and (key == "exclude" or word not in options(Config)):
                check_key(str(value), map(str, axes[word].values), f"{place}: {name} = {value!r} is not in the matrix.")
                raise UsageError(f"{place}: {name} = {value!r} is not in the matrix.")
            if not is_value(value):
                raise UsageError(f"{place}: {name}: wanted is one text, or a number of 64 bits.")
            values[word] = value
            sets.update(found if found is not None else self._varied(word, value, place))
        return Row(values, sets, self._places.of(key, number))

    def _budget(self) -> Settings:
        table = self._table("budget")
        for key, value in table.items():
            place = self._places.of("budget", key)
            check_key(key, _AMOUNTS, f"{place}: unknown key {key!r}.")
            check_value(options(Config)[f"budget_{key}"].domain, value, f"{place}: {key} = ")
        return {f"budget_{key}": Setting(value, self._places.of("budget", key), key) for key, value in table.items()}
