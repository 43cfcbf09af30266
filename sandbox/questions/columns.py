"""Which column of a file is read as what. Knows names of columns, and nothing of what stands in them."""

import shlex
from collections.abc import Collection, Mapping
from itertools import islice
from typing import Final

from sandbox.errors import UsageError
from sandbox.options.columns import KEYS, named_columns

WANTED: Final = "`question` (and perhaps `considerate` and `inconsiderate`), or `chosen` and `rejected`"
_ALSO: Final[Mapping[str, tuple[str, ...]]] = {"question": ("prompt",), "options": ("choices",)}
# What is read where another is, and where it is named: what many files call so is something else.
_ONLY_WITH: Final[Mapping[str, str]] = {"options": "gold"}
# What people call the column of questions where it is not called so: offered, and read as one only when asked to.
_LIKELY: Final = ("instruction", "query", "text", "input", "prompts", "questions", "sentence", "message", "title")
_SHOWN: Final = 8


class Columns:
    """The names that `--column` gives, and those that are known without it.

    It remembers which of its names files had, so that one that no file has can be told.
    """

    def __init__(self, named: str | None = None) -> None:
        """Take the value of `--column`, if there is one."""
        self._named = named_columns(named) if named else {}
        self._met: set[str] = set()
        self._shown: list[str] = []
        # Rows of a file have the same columns, nearly all of them.
        self._last: tuple[tuple[str, ...] | None, dict[str, str]] = None, {}

    def of(self, found: Collection[str], place: str) -> dict[str, str]:
        """The column by what it is read as. Raises `UsageError` where they give no question."""
        names = tuple(found)
        if names != self._last[0]:
            self._last = names, self._of(names, place)
        return self._last[1]

    def _of(self, found: Collection[str], place: str) -> dict[str, str]:
        columns = self.known(found, place)
        self._met |= {key for key, wanted in self._named.items() if key in columns and _same(columns[key], wanted)}
        self._shown = list(dict.fromkeys([*self._shown[:1], _shown(found)]))
        if not gives_questions(columns):
            raise UsageError(self._complaint(found, place))
        return columns

    def known(self, found: Collection[str], place: str) -> dict[str, str]:
        """The same where it may be that they give no question. A name of `--column` goes before any other."""
        named = {key: name for key, wanted in self._named.items() if (name := _match(wanted, found, place))}
        others = [name for name in found if name not in named.values()] if named else found
        for key in KEYS:
            if key in named or _ONLY_WITH.get(key, key) not in (key, *named):
                continue
            matches = (_match(word, others, place) for word in (key, *_ALSO.get(key, ())))
            if (name := next(filter(None, matches), None)) is not None:
                named[key] = name
        return named

    def check(self) -> None:
        """Raise `UsageError` if no file had a column that `--column` names."""
        for key, name in self._named.items():
            if key not in self._met:
                found = f"found {' and '.join(self._shown)}" if self._shown else "nothing that was read has columns"
                raise UsageError(f"--column {key}={name}: there is no column {name!r}\n{found}")

    def _complaint(self, found: Collection[str], place: str) -> str:
        if missing := self._named.get("question"):
            return f"{place}: found {_shown(found)}\nthere is no column {missing!r}, which --column names"
        likely = next((name for word in _LIKELY for name in found if _same(name, word)), None)
        only = next(iter(found)) if len(found) == 1 else None
        offered = likely or only or "NAME"
        if "?" in offered:
            return f"{place}: found {_shown(found)}\nwanted: {WANTED}\nwrite such names into a line before the first"
        name = shlex.quote(offered) if offered.isprintable() and len(offered) <= 40 else "NAME"
        return f"{place}: found {_shown(found)}\nwanted: {WANTED}\nor say which column it is: --column question={name}"


def gives_questions(columns: Collection[str]) -> bool:
    """Whether a question can be read from such columns."""
    return "question" in columns or ("chosen" in columns and "rejected" in columns)


def _match(wanted: str, found: Collection[str], place: str) -> str | None:
    """The column of that name; one in another case, or with blanks around it, where there is none that is the same."""
    same = [name for name in found if name == wanted] or [name for name in found if _same(name, wanted)]
    if len(same) > 1:
        raise UsageError(f"{place}: more than one column `{wanted}`")
    return same[0] if same else None


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _shown(found: Collection[str]) -> str:
    more = ", ..." if len(found) > _SHOWN else ""
    return (", ".join(repr(name)[:40] for name in islice(found, _SHOWN)) or "nothing") + more
