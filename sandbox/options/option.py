"""The form in which the options of every command are declared: the fields of a frozen dataclass, and marks on them.

    @dataclass(frozen=True, kw_only=True)
    class Look:
        form: ClassVar = CommandForm("SANDBOX_LOOK_")

        rows: Annotated[int | None, Ge(1), Doc("At most so many rows.")] = None

`rows` is then the flag `--rows`, the key `rows` of a TOML file and the variable `SANDBOX_LOOK_ROWS`, with its help and
its bounds. Knows no command, no parser and no source of values. Imports nothing slow, because `--help` needs it.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Final, Protocol, TypeVar, get_type_hints

from annotated_doc import Doc

from sandbox.options.domain import Domain, domain_of

# What means the same for every command has one variable for all of them. What a command calls by a word that another
# uses for something else (`model`: a filter; `seed`: of a draw) has a variable of its own, by its form.
SAME_FOR_ALL: Final = frozenset({"runs", "studies", "json", "debug"})
SHARED_PREFIX: Final = "SANDBOX_"
_OPERATION: Final = "Operation (never changes results)"

M = TypeVar("M")


@dataclass(frozen=True)
class CommandForm:
    """What the options of one command share: how their variables begin, and the heading of those without a panel."""

    prefix: str
    panel: str | None = None


class Declared(Protocol):
    """A frozen dataclass whose fields are options."""

    form: ClassVar[CommandForm]
    __dataclass_fields__: ClassVar[dict[str, "dataclasses.Field[Any]"]]


class Mark(Enum):
    """What is true of an option or not."""

    OPERATIONAL = "changes how a run goes, never what it gives"
    BY_CONTENT = "names a place, and what lies there changes what a run gives"
    OF_ONE_CALL = "is not kept when a run is taken up again"
    RARE = "is recorded only where it is used: runs without it are as those of versions that did not have it"
    REPEATABLE = "may be given several times, and as a list in a file; commas join the values"


OPERATIONAL: Final = Mark.OPERATIONAL
BY_CONTENT: Final = Mark.BY_CONTENT
OF_ONE_CALL: Final = Mark.OF_ONE_CALL
RARE: Final = Mark.RARE
REPEATABLE: Final = Mark.REPEATABLE


class Panel(str):
    """The heading that an option stands below in the help."""

    __slots__ = ()


class Metavar(str):
    """What stands for the value in the help, such as `SPAN`; without it the type says that."""

    __slots__ = ()


class Short(str):
    """A second flag, of one letter: `-o`."""

    __slots__ = ()


class Wanted(str):
    """What the value is, such as `a rating, from 1 to 7`: said where it is something else, in place of the domain."""

    __slots__ = ()


class Suggested(tuple[str, ...]):
    """Values that a shell offers for what may be others, too: `Suggested(("starter", "hh-rlhf"))`."""

    __slots__ = ()


class SuggestedSeveral(Suggested):
    """The same where commas join values: `SuggestedSeveral(("trl", "axolotl"))`."""

    __slots__ = ()


class TomlTables(str):
    """Marks what is an array of tables in the file, and no flag and no variable: `society` of `[[society.models]]`."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option as help, parsers and sources of values need it."""

    name: str
    variable: str
    type: Any
    default: Any
    help: str
    panel: str | None
    metavar: str | None
    short: str | None
    wanted: str
    domain: Domain
    suggested: tuple[str, ...]
    several: bool
    operational: bool
    by_content: bool
    of_one_call: bool
    rare: bool
    repeatable: bool

    @property
    def flag(self) -> str:
        """`--prior-size`."""
        return flag_of(self.name)


def key_of(name: str) -> str:
    """The name of an option in a file: `prior_size`, and `for` of `for_`, which Python keeps for itself."""
    return name.rstrip("_")


def flag_of(name: str) -> str:
    """The flag of an option: `--prior-size` of `prior_size`, `--for` of `for_`."""
    return f"--{key_of(name).replace('_', '-')}"


@cache
def options(kind: type[Declared]) -> Mapping[str, Option]:
    """Every option that the dataclass `kind` declares, by name, in order; what are tables of a file is left out."""
    hints = get_type_hints(kind, include_extras=True)
    found = (_option(field, hints[field.name], kind.form) for field in dataclasses.fields(kind))
    return {option.name: option for option in found if option.name not in tables(kind)}


@cache
def tables(kind: type[Declared]) -> Mapping[str, str]:
    """What are tables of a file, with the word below it: `{"society": "models"}`."""
    hints = get_type_hints(kind, include_extras=True)
    words = {field.name: _mark(hints[field.name].__metadata__, TomlTables) for field in dataclasses.fields(kind)}
    return {name: word for name, word in words.items() if word}


def unused(config: Declared) -> frozenset[str]:
    """The rare options of `config` that are at their defaults."""
    rare = (option for option in options(type(config)).values() if option.rare)
    return frozenset(option.name for option in rare if getattr(config, option.name) == option.default)


def _option(field: "dataclasses.Field[Any]", hint: Any, form: CommandForm) -> Option:
    marks, key, domain = hint.__metadata__, key_of(field.name), domain_of(hint)
    doc = _mark(marks, Doc)
    assert doc, f"{field.name} says nothing about itself"
    return Option(
        name=field.name,
        variable=(SHARED_PREFIX if key in SAME_FOR_ALL else form.prefix) + key.upper(),
        type=hint.__origin__,
        default=field.default,
        help=doc.documentation,
        panel=_mark(marks, Panel) or (_OPERATION if OPERATIONAL in marks else form.panel),
        metavar=_mark(marks, Metavar),
        short=_mark(marks, Short),
        wanted=_mark(marks, Wanted) or domain.words,
        domain=domain,
        suggested=_mark(marks, Suggested) or domain.choices,
        several=_mark(marks, SuggestedSeveral) is not None,
        operational=OPERATIONAL in marks,
        by_content=BY_CONTENT in marks,
        of_one_call=OF_ONE_CALL in marks,
        rare=RARE in marks,
        repeatable=REPEATABLE in marks,
    )


def _mark(marks: Iterable[object], kind: type[M]) -> M | None:
    return next((mark for mark in marks if isinstance(mark, kind)), None)
