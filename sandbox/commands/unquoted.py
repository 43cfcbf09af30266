"""Quotes that were forgotten: words of a text that a shell gave as arguments of their own. Knows words of a command."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import Final, NamedTuple, get_args

from sandbox.errors import UsageError
from sandbox.options.option import Declared, Option, options
from sandbox.runs.reading import open_run, run_path

_KEPT_FROM_SHELLS: Final = frozenset('"$`\\!')  # by single quotes alone
_LONGEST: Final = 200


class Unquoted(NamedTuple):
    """An option with all words of its text, in quotes, and the first word that was taken for an argument."""

    meant: str
    first: str

    def __str__(self) -> str:
        return f"Words that belong together go into quotes: {self.meant}"


@contextmanager
def quotes_missed(kind: type[Declared], runs: Path) -> Iterator[None]:
    """Whatever raises `UsageError` in here is about quotes, where words after a text were taken for names of runs."""
    try:
        yield
    except UsageError as error:
        found = missing_quotes(kind, sys.argv[1:], lambda word: run_path(word, runs) is not None)
        if found is None:
            raise
        raise UsageError(f"{_no_run(found.first, runs)}\n{found}") from error


def missing_quotes(
    kind: type[Declared], words: Sequence[str], stands_alone: Callable[[str], bool] = lambda _: False
) -> Unquoted | None:
    """Where among the `words` of a command a text goes on without quotes: `--search prices of rent`.

    `stands_alone` says whether a word is an argument in its own right, such as the name of a run.
    """
    flags = {"--config", *(flag for option in options(kind).values() if _is_text(option) for flag in _flags(option))}
    for at, word in enumerate(words):
        flag, given, value = word.partition("=")
        text, others = ([value], words[at + 1 :]) if given else (words[at + 1 : at + 2], words[at + 2 :])
        after = _arguments(others) if flag in flags else []
        while after and stands_alone(after[-1]):
            after.pop()
        if after and not stands_alone(after[0]):
            return Unquoted(f"{flag} {_quoted(' '.join([*text, *after]))}", after[0])
    return None


def _no_run(word: str, runs: Path) -> str:
    try:
        return open_run(word, runs).manifest.run_id
    except UsageError as error:
        return str(error).splitlines()[0]


def _is_text(option: Option) -> bool:
    return bool({str, Path} & {option.type, *get_args(option.type)})


def _flags(option: Option) -> list[str]:
    return [option.flag, *filter(None, [option.short])]


def _arguments(words: Sequence[str]) -> list[str]:
    """The words up to the next option."""
    ends = (at for at, word in enumerate(words) if word.startswith("-") and word != "-")
    return list(words[: next(ends, len(words))])


def _quoted(text: str) -> str:
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return quote(shown) if _KEPT_FROM_SHELLS & set(shown) else f'"{shown}"'
