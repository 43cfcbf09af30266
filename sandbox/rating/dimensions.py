"""What texts are rated on: dimensions of a TOML file with a template each, or of the one that ships.

docs/rating.md says what may stand in such a file. Every complaint names it, and the line where that is certain.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from memory.opening import read_whole
from prompts import TemplateError
from prompts.folder import MOST_TEMPLATE
from prompts.suites import DimensionTemplate
from sandbox.errors import UsageError, of_reading, of_validation
from sandbox.options.places import Places
from sandbox.options.rating import CORRECTNESS
from sandbox.options.toml import parse_toml, toml_bytes
from sandbox.runs.manifest import Part
from sandbox.runs.rating.manifest import MOST_DIMENSIONS, DimensionName, DimensionUsed
from sandbox.text import nearest

_SHIPPED: Final = Path(__file__).parent / "shipped"
_MOST_SCALE: Final = 100  # as of judges of suites
_SEVEN: Final = (1, 7)
_SAMPLE: Final = {"question": "Why?", "text": "x", "gold": "x"}


class Dimension:
    """A dimension: its name, its scale from low to high, and the source of its template. Raises `TemplateError`."""

    def __init__(self, name: str, scale: tuple[int, int], source: str) -> None:
        self.used: Final = DimensionUsed(name=name, scale=scale)
        self.source: Final = source
        self.template: Final = DimensionTemplate(source)

    @property
    def name(self) -> str:
        """What its scores are found under."""
        return self.used.name

    @property
    def needs_key(self) -> bool:
        """Whether it says something of questions with a key alone: its template shows that."""
        return "gold" in self.template.variables

    @cached_property
    def digest(self) -> str:
        """Sha256 of its template."""
        return hashlib.sha256(self.source.encode()).hexdigest()


class _Table(Part):
    name: DimensionName
    prompt: str
    scale: tuple[int, int] = _SEVEN


class _File(Part):
    dimension: Annotated[tuple[_Table, ...], Field(min_length=1, max_length=MOST_DIMENSIONS)]


def read_dimensions(name: str) -> tuple[Dimension, ...]:
    """The dimensions in the TOML file called so, or those that ship under this name. Raises `UsageError`."""
    path = _SHIPPED / f"{CORRECTNESS}.toml" if name == CORRECTNESS else Path(name)
    content = toml_bytes(path, str(path))
    places = Places(str(path), content.decode("utf-8-sig", "replace"))
    tables = _validated(parse_toml(content, str(path)), places).dimension
    names = [table.name.casefold() for table in tables]  # each is kept as a file, and some systems ignore case
    for number, table in enumerate(tables):
        if names[number] in names[:number]:
            raise UsageError(f"{places.of('dimension', number, 'name')}: {table.name!r} stands there twice.")
        low, high = table.scale
        if not 0 <= low < high <= _MOST_SCALE:
            wanted = f"wanted are two whole numbers from 0 to {_MOST_SCALE}, the lower one first"
            raise UsageError(f"{places.of('dimension', number, 'scale')}: scale is [{low}, {high}]: {wanted}.")
    return tuple(_dimension(table, path.parent) for table in tables)


def kept_dimensions(used: Sequence[DimensionUsed], folder: Path) -> tuple[Dimension, ...]:
    """Those that a rating used, with the templates that it kept in `folder`. Raises `UsageError`."""
    return tuple(_made(each.name, each.scale, folder / f"{each.name}.jinja", depth=2) for each in used)


def _dimension(table: _Table, folder: Path) -> Dimension:
    return _made(table.name, table.scale, folder / table.prompt, depth=1)


def _made(name: str, scale: tuple[int, int], path: Path, *, depth: int) -> Dimension:
    try:
        text = read_whole(path, MOST_TEMPLATE, depth=depth).decode("utf-8-sig")
    except (OSError, ValueError) as error:  # a name with a NUL is none
        raise UsageError(f"{path}: the prompt of {name} cannot be read: {of_reading(error)}.") from None
    try:
        dimension = Dimension(name, scale, text.replace("\r\n", "\n").replace("\r", "\n"))
        dimension.template.render(**_SAMPLE)
    except TemplateError as error:
        raise UsageError(f"{path}: {error}.\nMend the template; docs/rating.md has one.") from None
    return dimension


def _validated(found: Mapping[str, Any], places: Places) -> _File:
    try:
        # JSON has lists for what are tuples here; what it lacks, such as dates, becomes text and is refused.
        return _File.model_validate_json(json.dumps(found, default=str), strict=True)
    except RecursionError:  # keys with dots nest as well as brackets do
        raise UsageError(f"{places.shown}: it is nested too deeply.") from None
    except ValidationError as error:
        path = tuple(error.errors(include_url=False)[0]["loc"])
        known = _File.model_fields if len(path) == 1 else _Table.model_fields
        near = "" if path[-1] in known else nearest(str(path[-1]), known)
        raise UsageError(f"{places.of(*path)}: {of_validation(error)}.{near}") from None
