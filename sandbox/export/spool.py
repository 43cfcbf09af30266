"""Rows put down on disk in the order in which they are made, and taken up again in the order in which they are written.

SQLite sorts, so memory stays the same however many rows there are. Knows bytes and keys, no row.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self

from sandbox.errors import SandboxError, of_database
from sandbox.export.names import Split

_CACHE_KIB: Final = 32 << 10
_BLOCK: Final = 1_000
_TABLE: Final = """
    CREATE TABLE rows (
        kind TEXT, split TEXT, label INT, turn INT, place INT, lot INT, prompt INT, answer INT, answers INT,
        data BLOB, origin BLOB
    )
"""
_INSERT: Final = "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_OVER: Final = "(SELECT rowid FROM rows WHERE kind = ? ORDER BY lot, rowid LIMIT -1 OFFSET ?)"
_WANTED: Final = "kind IN (SELECT value FROM json_each(?1)) AND split = ?2 AND (?3 IS NULL OR label = ?3)"
# Fixed statements, put together once: values are always bound.
_SUM: Final = "SELECT sum(answers) FROM rows WHERE rowid IN " + _OVER  # noqa: S608
_DELETE: Final = "DELETE FROM rows WHERE rowid IN " + _OVER  # noqa: S608
_COUNT: Final = "SELECT count(*) FROM rows WHERE " + _WANTED  # noqa: S608
# Only places are sorted: rows with their texts would make SQLite sort on disk, somewhere else than here.
_PLACES: Final = "SELECT rowid FROM rows WHERE " + _WANTED + " ORDER BY turn, place, rowid"  # noqa: S608
_ROW: Final = "SELECT * FROM rows WHERE rowid = ?"


class Stored(NamedTuple):
    """A row as it is written, and by what it is found.

    Rows are ordered by `turn`, then `place`, and drawn by `lot`. `group` tells rows of the same prompt, `answer` those
    of the same first answer, and `answers` how many there are; `origin` goes into the side file.
    """

    kind: str
    split: Split
    label: bool
    turn: int
    place: int
    lot: int
    group: int
    answer: int
    answers: int
    data: bytes
    origin: bytes


class Spool:
    """A file of rows that nobody else reads. Raises `SandboxError` where the disk is full."""

    def __init__(self, path: Path) -> None:
        self._database: Final = sqlite3.connect(path, isolation_level=None)
        self._waiting: Final[list[Stored]] = []
        for statement in (
            f"PRAGMA cache_size=-{_CACHE_KIB}",
            "PRAGMA journal_mode=OFF",  # what is lost in a crash is made again
            "PRAGMA synchronous=OFF",
            _TABLE,
            "BEGIN",
        ):
            self._run(statement)

    def add(self, rows: Iterable[Stored]) -> None:
        """Put rows down."""
        for row in rows:
            self._waiting.append(row)
            if len(self._waiting) == _BLOCK:
                self._write()

    def finish(self) -> None:
        """No more rows come."""
        self._write()
        self._run("CREATE INDEX places ON rows (kind, split, label, turn, place)")

    def keep(self, kind: str, most: int) -> int:
        """Leave out all rows of `kind` but those with the first lots, whatever their split; how many answers go."""
        (left_out,) = self._run(_SUM, kind, most).fetchone()
        self._run(_DELETE, kind, most)
        return left_out or 0

    def count(self, kinds: Sequence[str], split: Split, label: bool | None = None) -> int:
        """How many rows `rows` gives."""
        return int(self._run(_COUNT, json.dumps(kinds), split, label).fetchone()[0])

    def rows(self, kinds: Sequence[str], split: Split, label: bool | None = None) -> Iterator[Stored]:
        """Those of `kinds` in a split, in order, all or those with a label."""
        for (place,) in self._run(_PLACES, json.dumps(kinds), split, label):
            yield Stored(*self._run(_ROW, place).fetchone())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def _write(self) -> None:
        try:
            self._database.executemany(_INSERT, self._waiting)
        except sqlite3.Error as error:
            raise _full(error) from error
        self._waiting.clear()

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise _full(error) from error


def _full(error: sqlite3.Error) -> SandboxError:
    advice = "Make room where --out is and for temporary files, and run it again."
    return SandboxError(f"The rows cannot be put down on disk: {of_database(error)}.\n{advice}")
