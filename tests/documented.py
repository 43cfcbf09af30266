"""What the documents tell a reader to type, page by page: files to write and commands, in order. Runs nothing.

A fenced block without a language, or of `bash`, `sh` or `console`, holds commands; where some of its lines begin with
`$ `, these alone, and the others are what they show. A block below a line such as "`people.toml`:" is a file.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from conftest import ROOT

from sandbox.cli import parser

_BLOCK: Final = re.compile(r"^( *)```([\w{}-]*)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_NAMED: Final = re.compile(r"\[?`([\w./-]+\.\w+)`.*:$")
_SHELL: Final = ("", "bash", "sh", "console")
_OPERATORS: Final = ("&&", "|", ">", "<", "&", ";", "||")


class Written(NamedTuple):
    """A file that a page shows whole."""

    name: str
    text: str


class Typed(NamedTuple):
    """A command of a page, in words; `line` is where its block begins."""

    line: int
    words: tuple[str, ...]


def pages() -> list[Path]:
    """README and all of docs/, in order."""
    return [ROOT / "README.md", *sorted(path for path in ROOT.glob("docs/**/*.md") if "_build" not in path.parts)]


def steps(page: Path) -> list[Written | Typed]:
    """What a reader of `page` writes and types, from its top to its end."""
    text = page.read_text(encoding="utf-8")
    return [step for block in _BLOCK.finditer(text) for step in _of_block(text, block)]


def output(page: Path) -> list[str]:
    """The lines that commands of `page` show, with single blanks; without those that say that something is cut."""
    bodies = [block[3] for block in _BLOCK.finditer(page.read_text(encoding="utf-8")) if block[3].startswith("$ ")]
    lines = [" ".join(line.split()) for body in bodies for line in body.splitlines() if not line.startswith("$ ")]
    return [line for line in lines if line and "[...]" not in line]


def _of_block(text: str, block: re.Match[str]) -> Iterator[Written | Typed]:
    above = text[: block.start()].rstrip().rpartition("\n")[2].strip()
    indent, language, body = block.groups()
    body = re.sub(f"^{indent}", "", body, flags=re.MULTILINE)
    if named := _NAMED.match(above):
        yield Written(named[1].removeprefix("examples/"), body)
    elif language in _SHELL:
        line = text.count("\n", 0, block.start()) + 1
        yield from (Typed(line, words) for each in _lines(body) for words in _commands(each))


def _lines(body: str) -> list[str]:
    lines = body.replace("\\\n", " ").splitlines()
    asked = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [line for line in asked or lines if line.strip() and not line.startswith("#")]


def _commands(line: str) -> Iterator[tuple[str, ...]]:
    """The commands of one line, without what is piped into or out of them."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&|<>;")
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    for word in [*_before_comment(lexer), ";"]:
        if word not in _OPERATORS:
            words.append(word)
        elif words:
            yield tuple(words)
            words = []


def _before_comment(words: Iterator[str]) -> Iterator[str]:
    for word in words:
        if word.startswith("#"):
            return
        yield word


def unknown(words: Sequence[str]) -> list[str]:
    """What the command line does not know of a command: a command, or flags."""
    command = parser()
    for place, word in enumerate(words[1:], start=1):
        if not hasattr(command, "commands"):
            break
        if word not in command.commands and not word.startswith("-"):
            return list(words[: place + 1])
        command = command.commands.get(word, command)
    known = {flag for each in command.params for flag in each.opts} | {"--help", "-h"}
    return [word for word in words if re.match(r"-{1,2}[a-z]", word) and word.partition("=")[0] not in known]
