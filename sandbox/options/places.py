"""Where keys stand in a TOML file that people wrote, for complaints: `study.toml:12`. Knows no meaning."""

import re
from collections.abc import Iterator
from typing import Final

_WORD: Final = r"(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')"
_PATH: Final = rf"{_WORD}(?:\s*\.\s*{_WORD})*"
_HEADER: Final = re.compile(rf"\s*(\[\[?)\s*({_PATH})\s*\]\]?\s*(?:#.*)?")
_KEY: Final = re.compile(rf"\s*({_PATH})\s*=")

Key = str | int


class Places:
    """Places in the file that is `shown` so, with this `text`.

    A key is named by its path: `("base", "rounds")`; in the second `[[exclude]]` of several `("exclude", 1, "seed")`.
    """

    def __init__(self, shown: str, text: str) -> None:
        self.shown: Final = shown
        self._lines: Final[dict[tuple[Key, ...], int | None]] = {}
        for path, line in _numbered(text):
            # No key of TOML stands twice: one of them is in a text of several lines.
            self._lines[path] = None if path in self._lines else line

    def of(self, *path: Key) -> str:
        """Where that stands; where it is not certain, of what it stands in, at last of the file alone."""
        for end in range(len(path), 0, -1):
            if line := self._lines.get(tuple(map(_plain, path[:end]))):
                return f"{self.shown}:{line}"
        return self.shown


def _numbered(text: str) -> Iterator[tuple[tuple[Key, ...], int]]:
    """The path of every key and table, and its line, from 1."""
    table: tuple[Key, ...] = ()
    counts: dict[tuple[Key, ...], int] = {}
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if header := _HEADER.fullmatch(line):
            table = _split(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            yield table, number
        elif key := _KEY.match(line):
            yield (*table, *_split(key[1])), number


def _split(path: str) -> tuple[Key, ...]:
    return tuple(_plain(word.strip("\"'")) for word in re.findall(_WORD, path))


def _plain(key: Key) -> Key:
    return key.replace("-", "_") if isinstance(key, str) else key
