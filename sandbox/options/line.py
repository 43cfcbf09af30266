"""The words of a command line, looked at before they are parsed: what cannot be is refused in sentences of our own.

Knows which words there are, of this command and of the others; not what they mean.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from sandbox.errors import UsageError
from sandbox.options.config import Config
from sandbox.options.unquoted import missing_quotes, text_flags
from sandbox.text import nearest

# What web pages and editors make of a hyphen: those of Unicode's dashes, and the minus sign.
_DASHES: Final = re.compile("^[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]+-*|^-+[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]+")

# Of these somebody means both, and the last must not win, as it does of others: aliases and scripts are written so.
_ONCE: Final = {
    "--model": " Several are [[society.models]] tables of a file for --config.",
    **dict.fromkeys(("--config", "--resume", "--replay", "--check"), " Leave one of them out."),
}
_HELP: Final = ("-h", "--help")
# So like are `--round` and `--rounds`: a slip in a name, even if another command has an option of that name.
_NEARLY_THE_SAME: Final = 0.9
_EMPTY: Final = "A word is empty: a variable of the shell that is not set?"


class LineCommand(TyperCommand):
    """A command that looks at its words first."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The options and arguments, for help too."""
        return _named(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises `UsageError` for words that cannot be."""
        if not ctx.resilient_parsing:
            Line(ctx).check(args)
        return super().parse_args(ctx, args)


class LineGroup(TyperGroup):
    """Commands below one name, whose own options stand before the command."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The options, for help too."""
        return _named(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises `UsageError` for words that cannot be."""
        if not ctx.resilient_parsing:
            before = next((place for place, word in enumerate(args) if not _is_option(word)), len(args))
            Line(ctx).check(args[:before])
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Raises `UsageError` that names the nearest command where there is none of this name."""
        if not ctx.resilient_parsing and args and self.get_command(ctx, args[0]) is None:
            if not args[0]:
                raise _usage(ctx, _EMPTY)
            flag = f"--{args[0]}"
            near = f" Write {flag}." if flag in _flags(self, ctx) else nearest(args[0], self.list_commands(ctx))
            raise _usage(ctx, f"{args[0]}: no such command.{near}")
        return super().resolve_command(ctx, args)


class Line:
    """The words behind one command."""

    def __init__(self, ctx: "typer.Context") -> None:
        self._ctx: Final = ctx
        self._flags: Final = _flags(ctx.command, ctx)
        self._wanted: Final = [each for each in ctx.command.get_params(ctx) if each.param_type_name == "argument"]
        self._named: Final[list[str]] = []

    def check(self, words: Sequence[str]) -> None:
        """Raises `UsageError` for what is no option here, what lacks its value, and words too many or too few."""
        given = self._read(words)
        if any(each.required for each in self._wanted) and not (self._named or {*_HELP} & given.keys()):
            name = self._wanted[0].name.upper()
            raise _usage(self._ctx, f"{name} is missing: {self._ctx.command_path} {name}.")
        if all(each.nargs == 1 for each in self._wanted) and (more := self._named[len(self._wanted) :]):
            raise _usage(self._ctx, f"{more[0]}: one word too many.")

    def _read(self, words: Sequence[str]) -> Mapping[str, str]:
        """The options that are given; what is none is kept."""
        given: dict[str, str] = {}
        left = list(words)
        while left:
            word = left.pop(0)
            if word == "--":
                for each in left:
                    self._argument(each, words)
                break
            if not _is_option(word):
                self._argument(word, words)
                continue
            name, value = self._option(word, left)
            if not value and not self._flags[name].is_flag:  # as a shell makes of "$RUN" where RUN is not set
                raise _usage(self._ctx, f"{name} is empty: leave it out, or say what you want.")
            if name in _ONCE and given.get(name, value) != value:
                raise _usage(self._ctx, f"{name} is given twice, as {given[name]} and as {value}.{_ONCE[name]}")
            given[name] = value
        return given

    def _argument(self, word: str, words: Sequence[str]) -> None:
        if not word:
            raise _usage(self._ctx, _EMPTY)
        self._named.append(word)
        if not self._wanted:
            if quotes := missing_quotes(text_flags(Config), words):
                raise UsageError(f"{word}: one word too many.\n{quotes}")
            if "=" in word and f"--{word.partition('=')[0]}" in self._flags:
                raise _usage(self._ctx, f"{word} lacks its hyphens. Write --{word}.")
            path = self._ctx.command_path
            advice = " A run is named with --resume or --replay." if "--resume" in self._flags else ""
            raise _usage(self._ctx, f"{word}: one word too many: {path} takes options alone.{advice}")

    def _option(self, word: str, left: list[str]) -> tuple[str, str]:
        """The flag and the value; a value that is a word of its own is taken out of `left`."""
        name, sign, value = word.partition("=")
        if name not in self._flags:
            if self._is_glued(word):
                return word[:2], word[2:]
            raise self._unknown(name)
        flag = self._flags[name]
        if flag.is_flag:
            if sign:
                raise _usage(self._ctx, f"{word}: {name} takes no value. Leave it out to say no.")
            return flag.opts[0], ""
        if sign:
            return flag.opts[0], value
        if not left or left[0].partition("=")[0] in self._flags:
            raise _usage(self._ctx, f"{name} needs a value: {name} {flag.metavar}{_stood(left)}.")
        return flag.opts[0], left.pop(0)

    def _is_glued(self, word: str) -> bool:
        """Whether it is a short flag with its value: `-ofile`, but not `-format` where there is `--format`."""
        long = f"-{word.partition('=')[0]}" in self._flags
        return not long and word[:2] in self._flags and not self._flags[word[:2]].is_flag

    def _unknown(self, name: str) -> UsageError:
        """What to write in place of `name`, which is no flag of this command."""
        mended = f"--{_DASHES.sub('', name).lstrip('-').replace('_', '-').lower()}"
        if _DASHES.match(name) and mended in self._flags:
            return _usage(self._ctx, f"{name} begins with a dash of print, not with hyphens. Write {mended}.")
        if mended in self._flags:
            return _usage(self._ctx, f"{name}: no such option. Write {mended}.")
        elsewhere = [path for path, flags in _others(self._ctx) if mended in flags]
        if elsewhere:
            where = f"{mended} is an option of {' and of '.join(elsewhere)}, not here."
            return _usage(self._ctx, where + nearest(mended, self._flags, _NEARLY_THE_SAME))
        return _usage(self._ctx, f"{name}: no such option.{nearest(mended, self._flags) if mended[3:] else ''}")


def _named(params: list[Any]) -> list[Any]:
    """`params`, with no name of a type where there is no value: those that the parser adds show `<bool>`."""
    for each in params:
        if getattr(each, "is_flag", False) and each.metavar is None:
            each.metavar = ""
    return params


def _stood(left: Sequence[str]) -> str:
    return f", and {left[0]} is the next option" if left else ""


def _is_option(word: str) -> bool:
    return len(word) > 1 and (word[0] == "-" or bool(_DASHES.match(word)))


def _flags(command: Any, ctx: Any) -> Mapping[str, Any]:
    """The options of a command by each of their flags."""
    found = [each for each in command.get_params(ctx) if each.param_type_name == "option"]
    return {flag: each for each in found for flag in each.opts}


def _others(ctx: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every other command with its flags."""
    root = ctx.find_root()
    for path, command in _commands(root.command, root.info_name):
        if path != ctx.command_path:
            yield path, _flags(command, ctx)


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in getattr(group, "commands", {}).items():
        yield f"{path} {name}", command
        yield from _commands(command, f"{path} {name}")


def _usage(ctx: Any, what: str) -> UsageError:
    return UsageError(f"{what}\nTry: {ctx.command_path} --help")
