"""Resolves the options of a command: flag beats variable beats file beats default; the origin of each value is kept.

Every value that cannot be is a `UsageError` that names the option, where it was given, and the value. Knows no command:
what must hold between options is checked by those who know what they mean.
"""

import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from sandbox.errors import UsageError
from sandbox.options.file import place_of, read_options, row_domains
from sandbox.options.option import SAME_FOR_ALL, Declared, Option, flag_of, key_of, options, tables
from sandbox.options.refusal import refusal

K = TypeVar("K", bound=Declared)


@dataclass(frozen=True)
class Resolved(Generic[K]):
    """Valid options, and where each value came from: `flag`, `environment`, `file` or `default`.

    `places` says of those that this call found elsewhere than in flags where they stand: a variable, or a file.
    """

    config: K
    origins: Mapping[str, str]
    places: Mapping[str, str] = field(default_factory=dict)

    def of_variables(self) -> set[str]:
        """The options of this command alone that a variable gives: standing wishes, which nobody asked for just now."""
        return {name for name, origin in self.origins.items() if origin == "environment"} - SAME_FOR_ALL

    def without(self, names: Collection[str]) -> K:
        """The options with those called `names` at their defaults."""
        defaults = {each.name: each.default for each in fields(self.config) if each.name in names}
        return replace(self.config, **defaults)


def resolve(
    kind: type[K],
    flags: Mapping[str, Any],
    file: Path | None,
    environment: Mapping[str, str] = os.environ,
    before: Resolved[K] | None = None,
    only: Collection[str] | None = None,
) -> Resolved[K]:
    """Merge the four sources of the options of `kind`. `flags` holds None for what was not given. Raises `UsageError`.

    An empty variable gives nothing. `before` are the options of a run that is taken up again; they stand in for the
    defaults. With `only`, all but the options named so are left at their defaults: for what must be known first.
    """
    known = {name: option for name, option in options(kind).items() if only is None or name in only}
    sources = {
        "file": {name: value for name, value in _of_file(kind, file).items() if only is None or name in only},
        "environment": {
            name: environment[option.variable] for name, option in known.items() if environment.get(option.variable)
        },
        "flag": {name: value for name, value in flags.items() if value is not None and (only is None or name in only)},
    }
    values, origins = _kept(kind, before)
    for origin, given in sources.items():
        values.update({name: _as_one(value, known.get(name)) for name, value in given.items()})
        origins.update(dict.fromkeys(given, origin))
    elsewhere = {*sources["file"], *sources["environment"]} - {*sources["flag"]}
    places = {name: str(file) if origins[name] == "file" else known[name].variable for name in elsewhere}
    return Resolved(_validate(kind, values, origins, file), origins, places)


def _of_file(kind: type[K], file: Path | None) -> Mapping[str, Any]:
    return read_options(kind, file) if file else {}


def _as_one(value: Any, option: Option | None) -> Any:
    """One text of what was given several times, by flags or as a list in a file."""
    several = option and option.repeatable and isinstance(value, list) and all(isinstance(each, str) for each in value)
    return ",".join(value) if several else value


@contextmanager
def naming_places(resolved: Resolved[Any]) -> Iterator[None]:
    """Whatever raises `UsageError` in here speaks of flags: say of those that were none where they stand."""
    try:
        yield
    except UsageError as error:
        first, *others = str(error).splitlines()
        for name, place in resolved.places.items():
            if found := re.search(rf"{flag_of(name)}(?![\w-])", first):
                first = f"{first[: found.end()]} ({place}){first[found.end() :]}"
        raise UsageError("\n".join([first, *others])) from error


def _kept(kind: type[K], before: Resolved[K] | None) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of `before` that hold for this call too, and where each came from once."""
    origins = {each.name: "default" for each in fields(kind)}
    if before is None:
        return {}, origins
    passing = {name for name, option in options(kind).items() if option.of_one_call}
    values = {name: value for name, value in asdict(before.config).items() if name not in passing}
    return values, origins | {name: origin for name, origin in before.origins.items() if name in values}


def _validate(kind: type[K], values: Mapping[str, Any], origins: Mapping[str, str], file: Path | None) -> K:
    for name, value in values.items():
        if value == "":
            place = _place(kind, name, origins[name], file).rstrip(" =")
            raise UsageError(f"{place} is empty: leave it out, or say what you want.")
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name, *inner = map(str, problem["loc"])
        place = _place(kind, name, origins[name], file)
        if option := options(kind).get(name):
            raise refusal(place, values[name], option.domain, option.wanted) from None
        raise _refused_row(kind, name, inner, problem["input"], place) from None


def _refused_row(kind: type[K], name: str, inner: list[str], value: Any, place: str) -> UsageError:
    """What is wrong with a row of a table: `[[society.models]]`, the third, whose `share` is none."""
    row, field, domain = f"{place}[[{name}.{tables(kind)[name]}]]", inner[-1], row_domains(kind, name)[inner[-1]]
    if isinstance(value, dict):
        return UsageError(f"{row} number {int(inner[0]) + 1}: {field} is missing: wanted is {domain.words}.")
    return refusal(f"{row} number {int(inner[0]) + 1}: {field} = ", value, domain)


def _place(kind: type[K], name: str, origin: str, file: Path | None) -> str:
    """What stands before a value: `--grid `, `SANDBOX_GRID=` or `--config run.toml:3: grid = `."""
    option = options(kind).get(name)
    if origin == "file" and file:
        shown = place_of(file, key_of(name))
        return f"{shown}: {key_of(name)} = " if option else f"{shown}: "
    return f"{option.variable}=" if option and origin == "environment" else f"{flag_of(name)} "
