"""Turns the options of `Config` into flags of a typer command, so that each option is described once."""

import dataclasses
import inspect
from collections.abc import Callable, Collection, Sequence
from typing import Annotated, Any, Final, Literal, Optional, get_args, get_origin, get_type_hints

import typer

from sandbox.options.config import Option, options

_METAVARS: Final[dict[Any, str]] = {str: "TEXT", int: "INT", float: "NUMBER", bool: ""}
_PANELS: Final = {True: "Operation (never changes results)", False: "Experiment"}


def with_options(
    only: Collection[str] | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a command so that `**flags` becomes flags for all options, or for those named in `only`.

    A flag that was not given arrives as None.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        flags = [_parameter(option) for name, option in options().items() if only is None or name in only]
        return _with_flags(command, flags)

    return decorate


def with_fields(kind: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a command so that `**flags` becomes a flag for each field of the dataclass `kind`.

    The fields are annotated with the options of typer, and have defaults.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(kind, include_extras=True)
        flags = [
            inspect.Parameter(
                field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
            )
            for field in dataclasses.fields(kind)
        ]
        return _with_flags(command, flags)

    return decorate


def _with_flags(command: Callable[..., None], flags: Sequence[inspect.Parameter]) -> Callable[..., None]:
    """`command` as typer sees it: its own parameters, and `flags` in place of `**flags`."""
    own = [
        parameter
        for parameter in inspect.signature(command).parameters.values()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    command.__signature__ = inspect.Signature([*own, *flags])  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *flags]}
    return command


def _parameter(option: Option) -> inspect.Parameter:
    flag = typer.Option(
        option.flag,
        help=_help(option),
        metavar=_metavar(option),
        show_default=False,
        rich_help_panel=_PANELS[option.operational],
    )
    kind: Any = Annotated[Optional[option.type], flag]  # noqa: UP045  # known at run time
    return inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


def _help(option: Option) -> str:
    choices = f": {', '.join(get_args(option.type))}" if get_origin(option.type) is Literal else ""
    shown = option.default is not None and option.default is not False
    default = f" (default: {option.default})" if shown else ""
    return option.help + choices + default


def _metavar(option: Option) -> str:
    if get_origin(option.type) is Literal:
        return "NAME"
    kinds = [kind for kind in (*get_args(option.type), option.type) if kind in _METAVARS]
    return _METAVARS[kinds[0]]
