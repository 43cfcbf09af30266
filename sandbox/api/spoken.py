"""Errors in the words of Python: `rounds=` where a command says `--rounds`. What is a command to run stays one.

Knows texts, and which words of a command a function takes.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

from sandbox.errors import SandboxError
from sandbox.options.option import Declared, options

_FLAG: Final = re.compile(r"(?<![\w-])--([a-z][a-z-]*)(?: (?=(\S+)))?")
# A place between an option and its value: `--grid (run.toml:3) 0: wanted is ...`.
_PLACED: Final = re.compile(r"(--[a-z][a-z-]*) (\([^()]*\)) ([^\s:]+)(?=:)")
_COMMAND: Final = re.compile(r"(\bsandbox [a-z]+(?: [^`]*|$))")
# A number, something in quotes, or a word in capitals that stands for a value: `FILE.toml`.
_VALUE: Final = re.compile(r"-?\d[\d.,e+-]*|['\"].*|[A-Z]{2,}[\w.=|-]*")


@contextmanager
def spoken(kind: type[Declared], also: Collection[str] = (), values: Collection[str] = ()) -> Iterator[None]:
    """A block whose errors of ours speak Python. It takes options of `kind`, parameters `also`; `values` were given."""
    try:
        yield
    except SandboxError as error:
        words = _Words(kind, also, values)
        error.args = ("\n".join(map(words.of_line, str(error).split("\n"))),)
        raise


class _Words:
    def __init__(self, kind: type[Declared], also: Collection[str], values: Collection[str]) -> None:
        known = options(kind)
        self._names: Final = {*known, *also}
        self._flags: Final = {name for name, option in known.items() if option.domain.type is bool}
        self._suggested: Final = {word for option in known.values() for word in option.suggested}
        self._values: Final = values

    def of_line(self, line: str) -> str:
        """`line`, whose words are those of Python but for commands."""
        parts = _COMMAND.split(_PLACED.sub(r"\1 \3 \2", line))  # every second one is a command
        return "".join(part if place % 2 else _FLAG.sub(self._word, part) for place, part in enumerate(parts))

    def _word(self, found: re.Match[str]) -> str:
        name, value = found[1].replace("-", "_"), found[2]
        if name not in self._names:
            return found[0]
        if name in self._flags:
            return f"{name}=True{' ' if value else ''}"
        if not value:
            return f"{name}="
        return f"{name}=" if self._is_value(value) else f"{name}= "

    def _is_value(self, word: str) -> bool:
        bare = word.rstrip(".,:;)`")
        if bare in self._suggested or bare in self._values or _VALUE.fullmatch(bare):
            return True
        return any(word.startswith(f"{value}:") for value in self._values)  # the line of a file
