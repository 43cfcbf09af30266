"""Every command with its arguments and options, from the parser and from the options' declarations."""

from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields
from inspect import cleandoc
from typing import Any, get_type_hints

from from_code.markdown import code, fenced, prose, table
from sandbox.cli import PROGRAM, parser
from sandbox.commands.examples import EXAMPLES
from sandbox.options.domain import domain_of
from sandbox.options.flags import declared_by
from sandbox.options.option import Declared, Option, options, tables


def commands() -> str:
    """A section for each command, in the order of the help."""
    return "\n".join(part for path, command in _commands(PROGRAM, parser()) for part in _section(path, command))


def command_of(kind: type) -> str:
    """The first command that takes the options of `kind`, as it is typed."""
    every = _commands(PROGRAM, parser())
    return next(path for path, command in every if command.callback and kind in declared_by(command.callback))


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """The command and all below it, by what is typed."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(f"{path} {name}", below)


def _section(path: str, command: Any) -> Iterator[str]:
    yield f"## {path}\n"
    yield f"{prose(command.help)}\n"
    examples = EXAMPLES[path.removeprefix(f"{PROGRAM} ")]
    yield fenced("code-block text", "\n".join(examples))
    kinds = declared_by(command.callback) if command.callback else ()
    yield fenced(f"program {path}")
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    yield table(
        ("argument", "meaning"), ([code(each.metavar or each.name.upper()), prose(each.help)] for each in arguments)
    )
    flags = [each for each in command.params if each.param_type_name == "option"]
    for panel in dict.fromkeys(each.rich_help_panel for each in flags):
        yield f"**{panel or 'Options'}**\n"
        yield from (_option(each, _declared(each, kinds)) for each in flags if each.rich_help_panel == panel)
    yield from (part for kind in kinds for part in _tables(kind))


def _declared(param: Any, kinds: Iterable[type[Declared]]) -> Option | None:
    """The declaration of a flag; None of one that is given on the command line alone."""
    found = (options(kind).get(param.name) for kind in kinds)
    return next((option for option in found if option and option.flag in param.opts), None)


def _option(param: Any, option: Option | None) -> str:
    value = f" {param.metavar}" if param.metavar and not param.is_flag else ""
    names = ", ".join(f"{flag}{value}" for flag in sorted(param.opts, key=len))
    if option is None:
        return fenced(f"option {names}", f"{prose(param.help)}\n\nOn the command line alone.")
    return fenced(f"option {names}", f"{prose(option.help)}\n\n{'; '.join(_facts(option))}.")


def _facts(option: Option) -> Iterator[str]:
    """Value, default, key and variable, and what else is to be known."""
    domain = option.domain
    yield " or ".join(map(code, domain.choices)) if domain.choices else prose(option.wanted)
    if domain.bounds not in option.wanted:
        yield domain.bounds
    if option.default not in (None, False):
        yield f"default {code(option.default)}"
    yield f"key {code(option.flag.removeprefix('--').replace('-', '_'))}"
    yield f"variable {code(option.variable)}"
    if option.operational:
        yield "never changes results" if not option.by_content else "its content changes results"
    if option.repeatable:
        yield "may be given several times"


def _tables(kind: type[Declared]) -> Iterator[str]:
    """What stands in tables of the file, and is no flag: `[[society.models]]`."""
    hints = get_type_hints(kind, include_extras=True)
    for name, word in tables(kind).items():
        (row, *_) = hints[name].__origin__.__args__
        yield f"**`[[{name}.{word}]]` in the file**\n"
        yield f"{prose(cleandoc(row.__doc__))}\n"
        marked = get_type_hints(row, include_extras=True)
        rows = ((code(each.name), domain_of(marked[each.name]).words, _default(each.default)) for each in fields(row))
        yield table(("key", "value", "default"), rows)


def _default(value: object) -> str:
    return "must be there" if value is MISSING else code(value) if value is not None else "none"
