"""Turns declared options into flags of a typer command, so that each option is described once."""

import inspect
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, Any, Final, Optional

import typer

from sandbox.options.completion import completion_of
from sandbox.options.option import Declared, Option, options

_KINDS: Final = "declared_by"
_METAVARS: Final[dict[Any, str]] = {str: "TEXT", int: "INT", float: "NUMBER", bool: "", Path: "PATH"}


def with_options(
    kind: type[Declared], only: Collection[str] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a command so that `**flags` becomes flags for all options of `kind`, or for those named in `only`.

    A flag that was not given arrives as None.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [
            parameter
            for parameter in inspect.signature(command).parameters.values()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        flags = [_parameter(option) for name, option in options(kind).items() if only is None or name in only]
        command.__signature__ = inspect.Signature([*own, *flags])  # type: ignore[attr-defined]
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *flags]}
        vars(command)[_KINDS] = (*declared_by(command), kind)
        return command

    return decorate


def declared_by(command: Callable[..., Any]) -> tuple[type[Declared], ...]:
    """The dataclasses whose options `with_options` made flags of `command`, or some of them."""
    kinds: tuple[type[Declared], ...] = vars(command).get(_KINDS, ())
    return kinds


def _parameter(option: Option) -> inspect.Parameter:
    flag = typer.Option(
        option.flag,
        *filter(None, [option.short]),
        help=_help(option),
        metavar=_metavar(option) if option.metavar is None else option.metavar,
        show_default=False,
        rich_help_panel=option.panel,
        autocompletion=completion_of(option),
    )
    # Values stay texts: they are read where those of files and variables are, and refused there in the same words.
    value: Any = bool if option.domain.type is bool else list[str] if option.repeatable else str
    kind: Any = Annotated[Optional[value], flag]  # noqa: UP045  # known at run time
    return inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


def _help(option: Option) -> str:
    """With choices, bounds and default; what has no default says in its own words what it then is."""
    text, stop = (option.help[:-1], ".") if option.help.endswith(".") else (option.help, "")
    if not all(each in re.findall(r"[\w-]+", text) for each in option.domain.choices):
        text = f"{text}: {', '.join(option.domain.choices)}"
    default = "" if option.default is None or option.default is False else f"default: {option.default}"
    said = "; ".join(filter(None, [option.domain.bounds, default]))
    if said and text.endswith(")"):
        return f"{text[:-1]}; {said}){stop}"
    return f"{text} ({said}){stop}" if said else text + stop


def _metavar(option: Option) -> str:
    return _METAVARS.get(option.domain.type, "NAME")
