"""Quotes that were forgotten: words of a text that a shell gave as arguments of their own. Knows words, and no run."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from shlex import quote
from typing import Final, NamedTuple, get_args

from sandbox.options.option import Declared, options

_KEPT_FROM_SHELLS: Final = frozenset('"$`\\!')  # by single quotes alone
_LONGEST: Final = 200


class Unquoted(NamedTuple):
    """An option with all words of its text, in quotes, and the first word that was taken for an argument."""

    meant: str
    first: str

    def __str__(self) -> str:
        return f"Words that belong together go into quotes: {self.meant}"


def missing_quotes(
    flags: Collection[str], words: Sequence[str], stands_alone: Callable[[str], bool] = lambda _: False
) -> Unquoted | None:
    """Where among the `words` of a command the text of one of `flags` goes on without quotes: `--search a b`.

    `stands_alone` says whether a word is an argument in its own right, such as the name of a run.
    """
    for at, word in enumerate(words):
        flag, given, value = word.partition("=")
        text, others = ([value], words[at + 1 :]) if given else (words[at + 1 : at + 2], words[at + 2 :])
        after = _arguments(others) if flag in flags else []
        while after and stands_alone(after[-1]):
            after.pop()
        if after and not stands_alone(after[0]):
            return Unquoted(f"{flag} {_quoted(' '.join([*text, *after]))}", after[0])
    return None


def text_flags(kind: type[Declared]) -> set[str]:
    """The flags of a command with options of `kind` whose values are texts or paths, which can hold blanks."""
    texts = (option for option in options(kind).values() if {str, Path} & {option.type, *get_args(option.type)})
    return {"--config", *(flag for option in texts for flag in (option.flag, option.short) if flag)}


def _arguments(words: Sequence[str]) -> list[str]:
    """The words up to the next option."""
    ends = (at for at, word in enumerate(words) if word.startswith("-") and word != "-")
    return list(words[: next(ends, len(words))])


def _quoted(text: str) -> str:
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return quote(shown) if _KEPT_FROM_SHELLS & set(shown) else f'"{shown}"'
