"""Who the agents of a society are told to be: groups, each with a persona and a share, and the TOML file of them.

Knows no grid and no seed: who of a society is of which group, `sandbox/society/placement.py` says.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import orjson
from annotated_types import Gt, Le, MaxLen, MinLen
from pydantic import BaseModel, ValidationError

from sandbox.errors import UsageError, of_validation
from sandbox.options.file import check_key
from sandbox.options.places import Places
from sandbox.options.toml import parse_toml, toml_bytes
from sandbox.questions.cleaning import cleaned
from sandbox.runs.asks import Record

LONGEST_NAME: Final = 40  # characters; it heads columns
LONGEST_PERSONA: Final = 4_000  # characters; it stands in every prompt of its agents
FEWEST_GROUPS: Final = 2
MOST_GROUPS: Final = 100
_EXAMPLE: Final = (
    'wanted: two [[groups]] or more, each with name = "..." and persona = "You ...", and perhaps share = 2'
)
_LONGEST_KEY: Final = 40


class Group(Record):
    """Agents that are told to be alike: `persona` stands in their prompts. Shares are relative."""

    name: Annotated[str, MinLen(1), MaxLen(LONGEST_NAME)]
    persona: Annotated[str, MinLen(1), MaxLen(LONGEST_PERSONA)]
    share: Annotated[float, Gt(0), Le(1e9)] = 1.0


class Population(Record):
    """Groups in the order of the file, with names that differ in more than case.

    `blocks` place them row by row in that order, `mixed` shuffle them by the seed.
    """

    placement: Literal["mixed", "blocks"] = "mixed"
    groups: Annotated[tuple[Group, ...], MinLen(FEWEST_GROUPS), MaxLen(MOST_GROUPS)]

    def digest(self) -> str:
        """Sha256 over all that is said of it."""
        return hashlib.sha256(orjson.dumps(self.model_dump(), option=orjson.OPT_SORT_KEYS)).hexdigest()


def read_population(path: str) -> Population:
    """The population in the TOML file at `path`. Raises `UsageError` that names file and line."""
    content = toml_bytes(Path(path), path)
    places = Places(path, content.decode("utf-8-sig", "replace"))
    found = parse_toml(content, path)
    _check_keys(found, places)
    population = _validated(found, places)
    _check_names(population, places)
    return population


def _check_keys(found: Mapping[str, Any], places: Places) -> None:
    """Raise `UsageError` for a key that nothing has, with the nearest that something has."""
    groups = found.get("groups")
    rows = groups if isinstance(groups, list) else []
    _refuse_others(found, Population, places)
    for number, row in enumerate(rows):
        if isinstance(row, dict):
            _refuse_others(row, Group, places, "groups", number)


def _refuse_others(table: Mapping[str, Any], kind: type[BaseModel], places: Places, *path: str | int) -> None:
    for key in table:
        shown = f"{key[:_LONGEST_KEY]!r}"
        check_key(key[: 2 * _LONGEST_KEY], kind.model_fields, f"{places.of(*path, key, 0)}: unknown key {shown}.")


def _validated(found: Mapping[str, Any], places: Places) -> Population:
    try:
        # JSON has lists for what are tuples here; what it lacks, such as dates, becomes text.
        population = Population.model_validate_json(json.dumps(_clean(found), default=str), strict=True)
    except RecursionError:  # keys with dots nest as well as brackets do
        raise UsageError(f"{places.shown}: it is nested too deeply.") from None
    except ValidationError as error:
        path = error.errors(include_url=False)[0]["loc"]
        raise UsageError(f"{places.of(*path)}: {of_validation(error)}\n{_EXAMPLE}") from None
    return population


def _clean(value: Any) -> Any:
    """The same with every text in it clean."""
    if isinstance(value, dict):
        return {key: _clean(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return cleaned(value) if isinstance(value, str) else value


def _check_names(population: Population, places: Places) -> None:
    """Raise `UsageError` for names that cannot head a column each."""
    met: set[str] = set()
    for number, group in enumerate(population.groups):
        place = places.of("groups", number, "name")
        if not group.name.isprintable():
            raise UsageError(f"{place}: {group.name!r} cannot be printed: name the group by visible characters.")
        if group.name.casefold() in met:
            raise UsageError(f"{place}: {group.name!r} stands there twice: give each group a name of its own.")
        met.add(group.name.casefold())
