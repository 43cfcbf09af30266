"""The options of a call from Python, as those of a command: checked by name and kind, in plain values.

Knows the form in which options are declared; not what they mean.
"""

import numbers
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from sandbox.errors import UsageError
from sandbox.options.file import OptionFile, options_in
from sandbox.options.option import Declared, tables

ConfigLike: TypeAlias = str | os.PathLike[str] | Mapping[str, Any] | Declared | None
# How a command speaks, which is not for a function to say.
_OF_COMMANDS: Final = ("json", "debug")


@dataclass(frozen=True)
class Given:
    """What a call gives: `flags` beat variables, and these beat the `file`."""

    flags: Mapping[str, Any]
    file: OptionFile | None

    @property
    def shown(self) -> list[str]:
        """The values as complaints show them."""
        flags = (value for value in self.flags.values() if not isinstance(value, bool))
        values = [*flags, *([self.file] if isinstance(self.file, Path) else [])]
        return [",".join(map(str, each)) if isinstance(each, list) else str(each) for each in values]


def given(kind: type[Declared], config: ConfigLike, named: Mapping[str, Any], call: str) -> Given:
    """What `config` and the options `named` say of those of `kind`; None says nothing. Raises `UsageError`."""
    flags = {name: plain(value) for name, value in named.items() if value is not None}
    if of_commands := [name for name in _OF_COMMANDS if name in flags]:
        raise UsageError(
            f"{call}: {of_commands[0]} is for the command line. Leave it out: on_event hears what happens."
        )
    return Given(options_in(kind, flags, call, lambda _: call), _file(kind, config))


def name_of(work: str | os.PathLike[str] | None, call: str) -> str | None:
    """The name or the path of what is to go on, if `call` was given one. Raises `UsageError`."""
    return None if work is None else path_of(work, call)


def path_of(given: object, call: str) -> str:
    """What `call` was given as a name or a path. Raises `UsageError` for anything else."""
    if isinstance(given, str | os.PathLike):
        return os.fsdecode(given)
    raise UsageError(f"{call}: wanted is a name or a path, not {type(given).__name__}.")


def _file(kind: type[Declared], config: ConfigLike) -> OptionFile | None:
    if config is None:
        return None
    if isinstance(config, str | os.PathLike):
        return Path(config)
    if isinstance(config, Mapping):
        return {str(key): plain(value) for key, value in config.items()}
    if isinstance(config, kind):
        return _set(config)
    raise UsageError(f"config: wanted is a path, a mapping or a {kind.__name__}, not {type(config).__name__}.")


def _set(config: Declared) -> dict[str, Any]:
    """The options of a record that are not at their defaults, as a file would say them."""
    fields = type(config).__dataclass_fields__.values()
    names = [each.name for each in fields if getattr(config, each.name) != each.default]
    of_tables = tables(type(config))
    return {
        name: {of_tables[name]: _rows(config, name)} if name in of_tables else getattr(config, name) for name in names
    }


def _rows(config: Declared, name: str) -> list[dict[str, Any]]:
    return [{key: value for key, value in asdict(row).items() if value is not None} for row in getattr(config, name)]


def plain(value: Any) -> Any:
    """`value` as files have it: paths as texts, tuples as lists, numbers of other libraries as Python's."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, bool | str):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    return float(value) if isinstance(value, numbers.Real) else value
