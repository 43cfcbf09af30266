"""Resolves the options of a command: flag beats variable beats file beats default; the origin of each value is kept.

Every value that cannot be is a `UsageError` that names the option, where it was given, and the value. Knows no command:
what must hold between options is checked by those who know what they mean.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from sandbox.errors import UsageError
from sandbox.options.file import IN_MAPPING, OptionFile, place_of, read_options, row_domains
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


class Source(NamedTuple):
    """Values of options from one place, which beat those of the sources before it.

    `shown` is what stands before the value of an option in a complaint, such as `--grid ` or `run.toml:3: grid = `;
    `where` names the place itself, None for flags, which need none.
    """

    origin: str
    values: Mapping[str, Any]
    shown: Callable[[str], str]
    where: Callable[[str], str] | None = None


def resolve(
    kind: type[K],
    flags: Mapping[str, Any],
    file: OptionFile | None,
    environment: Mapping[str, str] = os.environ,
    before: Resolved[K] | None = None,
    only: Collection[str] | None = None,
) -> Resolved[K]:
    """Merge the four sources of the options of `kind`. `flags` holds None for what was not given. Raises `UsageError`.

    An empty variable gives nothing. `before` are the options of a run that is taken up again; they stand in for the
    defaults. With `only`, all but the options named so are left at their defaults: for what must be known first.
    """
    of_file, of_variables = _of_file(kind, file), variables(kind, environment)
    given = Source("flag", {name: value for name, value in flags.items() if value is not None}, flag_shown)
    wanted = [
        source._replace(values={name: value for name, value in source.values.items() if only is None or name in only})
        for source in (of_file, of_variables, given)
    ]
    return merged(kind, wanted, before)


def merged(kind: type[K], sources: Sequence[Source], before: Resolved[K] | None = None) -> Resolved[K]:
    """The options of `kind` as `sources` say, the last one first. Raises `UsageError` that names place and value."""
    known = options(kind)
    values, origins = _kept(kind, before)
    last: dict[str, Source] = {}
    for source in sources:
        values.update({name: _as_one(value, known.get(name)) for name, value in source.values.items()})
        origins.update(dict.fromkeys(source.values, source.origin))
        last.update(dict.fromkeys(source.values, source))
    places = {name: source.where(name) for name, source in last.items() if source.where}
    shown = {name: source.shown(name) for name, source in last.items()}
    return Resolved(_validate(kind, values, shown), origins, places)


def variables(kind: type[K], environment: Mapping[str, str] = os.environ) -> Source:
    """What variables say of the options of `kind`; an empty one says nothing."""
    named = {name: option.variable for name, option in options(kind).items()}
    values = {name: environment[variable] for name, variable in named.items() if environment.get(variable)}
    return Source("environment", values, lambda name: f"{named[name]}=", named.__getitem__)


def flag_shown(name: str) -> str:
    """`--grid `, for a value that a flag gave."""
    return f"{flag_of(name)} "


def _of_file(kind: type[K], file: OptionFile | None) -> Source:
    if file is None:
        return Source("file", {}, flag_shown)
    shown = partial(place_of, file)

    def before(name: str) -> str:
        key = key_of(name)
        return f"{shown(key)}: {key} = " if name in options(kind) else f"{shown(key)}: "

    return Source(
        "file", read_options(kind, file), before, lambda _: str(file) if isinstance(file, Path) else IN_MAPPING
    )


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


def _validate(kind: type[K], values: Mapping[str, Any], shown: Mapping[str, str]) -> K:
    for name, value in values.items():
        if value == "":
            raise UsageError(f"{shown[name].rstrip(' =')} is empty: leave it out, or say what you want.")
    try:
        config: K = _adapter(kind).validate_python(values)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name, *inner = map(str, problem["loc"])
        if option := options(kind).get(name):
            raise refusal(shown[name], values[name], option.domain, option.wanted) from None
        raise _refused_row(kind, name, inner, problem["input"], shown[name]) from None
    return config


@cache
def _adapter(kind: type[K]) -> TypeAdapter[K]:
    """What reads the options of `kind`; making it takes milliseconds, and a study reads a thousand of them."""
    return TypeAdapter(kind)


def _refused_row(kind: type[K], name: str, inner: list[str], value: Any, place: str) -> UsageError:
    """What is wrong with a row of a table: `[[society.models]]`, the third, whose `share` is none."""
    row, field, domain = f"{place}[[{name}.{tables(kind)[name]}]]", inner[-1], row_domains(kind, name)[inner[-1]]
    if isinstance(value, dict):
        return UsageError(f"{row} number {int(inner[0]) + 1}: {field} is missing: wanted is {domain.words}.")
    return refusal(f"{row} number {int(inner[0]) + 1}: {field} = ", value, domain)
