"""Markdown as the reference needs it: tables, code, fenced directives. Knows no command and no record."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

_SPECIAL: Final = re.compile(r"(`[^`]*`)|(--?[a-z][\w-]*\b)|([\\*_<>\[\]|$#])")


def code(text: object) -> str:
    """`text` as it is typed; in a cell of a table, too."""
    return f"`{text}`".replace("|", "\\|")


def prose(text: str) -> str:
    """A help text or a docstring: what is in backticks is code, and so are flags; nothing else is a mark."""
    return _SPECIAL.sub(_plain, text)


def _plain(found: re.Match[str]) -> str:
    quoted, flag, mark = found.groups()
    if quoted or (flag and (found.start() == 0 or found.string[found.start() - 1] in " (/")):
        return (quoted or f"`{flag}`").replace("|", "\\|")
    return f"\\{mark}" if mark else found[0]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; nothing where it has no row."""
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines, ""]) if lines else ""


def fenced(directive: str, body: str = "") -> str:
    """A directive of MyST, such as `option --grid INT`, with its text."""
    name, _, argument = directive.partition(" ")
    return f"````{{{name}}} {argument}\n{body}\n````\n"
