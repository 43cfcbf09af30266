"""Turns declared options into flags of a typer command, so that each option is described once."""

import inspect
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Optional, get_args, get_origin

import typer

from sandbox.options.option import Declared, Option, options

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
        return command

    return decorate


def _parameter(option: Option) -> inspect.Parameter:
    flag = typer.Option(
        option.flag,
        *filter(None, [option.short]),
        help=_help(option),
        metavar=_metavar(option) if option.metavar is None else option.metavar,
        show_default=False,
        rich_help_panel=option.panel,
    )
    value: Any = list[str] if option.repeatable else option.type
    kind: Any = Annotated[Optional[value], flag]  # noqa: UP045  # known at run time
    return inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


def _help(option: Option) -> str:
    """With the choices and the default, if there is one; what has none says in its own words what it then is."""
    if option.default is None or option.default is False:
        return option.help
    choices = f": {', '.join(get_args(option.type))}" if get_origin(option.type) is Literal else ""
    text = option.help.removesuffix(".")
    return f"{text}{choices} (default: {option.default}){option.help[len(text) :]}"


def _metavar(option: Option) -> str:
    return next((_METAVARS[kind] for kind in (option.type, *get_args(option.type)) if kind in _METAVARS), "NAME")
