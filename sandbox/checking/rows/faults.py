"""Counts what is found in rows, with the first few places of each. Knows no row and no meaning of a code."""

from collections.abc import Iterator, Sequence
from typing import Final

from sandbox.checking.names import MOST_PLACES, Code, Finding, Place, TableName

# A hostile file can have a new column name in every row; beyond so many they are told as one.
_MOST: Final = 200
OTHERS: Final = "others"


class Faults:
    """The findings of one table; `file` and `row` are where it is being read."""

    def __init__(self, table: TableName) -> None:
        self.table: Final = table
        self.file = ""
        self.row: int | None = None
        self._counts: Final[dict[tuple[Code, str], int]] = {}
        self._places: Final[dict[tuple[Code, str], list[Place]]] = {}

    def note(self, code: Code, about: str = "") -> None:
        """The row that is being read has this."""
        key = self._key(code, about)
        count = self._counts[key] = self._counts.get(key, 0) + 1
        if count <= MOST_PLACES:
            self._places.setdefault(key, []).append(Place(self.file, self.row))

    def add(self, code: Code, about: str, count: int, places: Sequence[Place]) -> None:
        """So many rows have this, as far as `places` names them, in order."""
        if count:
            key = self._key(code, about)
            self._counts[key] = self._counts.get(key, 0) + count
            kept = self._places.setdefault(key, [])
            kept.extend(places[: MOST_PLACES - len(kept)])

    def _key(self, code: Code, about: str) -> tuple[Code, str]:
        key = code, about
        return key if key in self._counts or len(self._counts) < _MOST else (code, OTHERS)

    def findings(self) -> Iterator[Finding]:
        """What was counted, in the order in which it was first seen."""
        for (code, about), count in self._counts.items():
            yield Finding(code, self.table, about, count, tuple(self._places[code, about]))
