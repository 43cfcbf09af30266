"""The words of the errors that end a command: those that nobody foresaw, and three lines at most of any."""

from collections.abc import Iterable
from typing import Final

from sandbox.text import in_a_line

_LONGEST: Final = 500  # characters that are shown of an error that nobody wrote for people, or of a word that was given
_MOST_LINES: Final = 3


def of_unforeseen(error: Exception) -> str:
    """What to say of an error that is none of ours: of too little memory, of a broken installation, or of a fault."""
    from sandbox.commands.tracebacks import masked

    said = masked(str(error))[:_LONGEST]
    if isinstance(error, MemoryError) or "can't start new thread" in said:
        limits = "ulimit -v unlimited; ulimit -u 4096"
        return f"There is too little memory for this, or no thread left.\nEnd other programs, or raise limits: {limits}"
    if isinstance(error, ImportError):
        return f"A library that sandbox needs cannot be loaded: {said}\nInstall sandbox again, or give it more memory."
    return f"Unexpected {type(error).__name__}: {said}\nThis is a fault of sandbox; --debug shows where."


def is_of_interrupt(error: BaseException) -> bool:
    """Whether it is what a library that was being loaded made of Ctrl-C, which it took for an error of its own."""
    while not isinstance(error, KeyboardInterrupt):
        if not (before := error.__cause__ or error.__context__):
            return False
        error = before
    return True


def in_lines(text: str, words: Iterable[str]) -> str:
    r"""`text` in three lines at most: line ends in `words`, which were given, are shown as `\n`, and long ones are cut.

    So are all line ends of what is still too long: names of files and of keys can hold them too.
    """
    parts = {part for word in words for part in (word, word.partition("=")[2])}
    for part in sorted(parts, key=len, reverse=True):
        if "\n" in part or len(part) > _LONGEST:
            text = text.replace(part, _short(part))
    return text if text.count("\n") < _MOST_LINES else _short(text)


def _short(text: str) -> str:
    return in_a_line(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")
