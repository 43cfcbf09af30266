"""Question files and folders of them: their rows, read as a stream.

Knows which reader is for which kind, and how to say what is wrong with a file: every fault is a `UsageError` of at
most three lines that names the file, the line and what was found. Does not know which rows make a question set.
"""

import difflib
import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, cast

from sandbox.errors import UsageError, of_reading, of_system
from sandbox.foreign.bounded import TooLargeError
from sandbox.questions.columns import Columns
from sandbox.questions.documents import json_rows, sniffed_rows, text_rows
from sandbox.questions.kinds import ENDINGS, PARQUET, kind_of
from sandbox.questions.parquet import parquet_rows
from sandbox.questions.rows import Row
from sandbox.questions.shards import of_folder
from sandbox.questions.streams import Line, lines, packing, refuse_foreign
from sandbox.questions.tables import csv_rows, tsv_rows

_READERS: Final[Mapping[str, Callable[[Iterator[Line], str, Columns], Iterator[Row]]]] = {
    ".jsonl": json_rows,
    ".ndjson": json_rows,
    ".json": json_rows,
    ".txt": text_rows,
    ".csv": csv_rows,
    ".tsv": tsv_rows,
}
_SETS: Final = (
    "a question set is hh-rlhf, starter, ORG/NAME of the hub, - for what is piped in, a folder,\n"
    f"or a file that ends in {ENDINGS}"
)
_SEVERAL: Final = 2000  # names that are looked at for one that is near


def rows(path: Path, columns: Columns | None = None) -> Iterator[Row]:
    """Rows of the file `path` in order, or of all files of the folder `path`.

    `docs/format.md#question-files` says what is read. Raises `UsageError` at the first fault: rows before it are
    yielded by then.
    """
    with faults_of(str(path)):
        folder = path.is_dir()
        there = [entry.name for entry in path.iterdir() if entry.is_file()] if folder else []
    for file in [path / name for name in of_folder(there, repr(str(path)))] if folder else [path]:
        yield from _rows(file, columns or Columns())


def rows_of_stdin(columns: Columns) -> Iterator[Row]:
    """Rows of what is piped in: JSON if it begins like that, else a question a line."""
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        raise UsageError("standard input: nothing is piped in\nwrite it as `cat FILE | sandbox ... --questions -`")
    shown = "standard input"
    with faults_of(shown):
        yield from sniffed_rows(lines(cast(io.BufferedReader, sys.stdin.buffer), "", shown), shown, columns)


def _rows(path: Path, columns: Columns) -> Iterator[Row]:
    shown = repr(str(path))
    with faults_of(str(path)), path.open("rb") as file:
        kind = kind_of(path.name)
        if kind == PARQUET:
            yield from parquet_rows(file, shown, columns)
        elif kind or not path.is_file():  # a pipe, such as `<(...)` of a shell, has no name of its own
            read = _READERS[kind] if kind else sniffed_rows
            yield from read(lines(file, path.name, shown), shown, columns)
        else:
            refuse_foreign(start := file.peek(), shown)
            packed = f" (it is packed with {found})" if (found := packing(start)) else ""
            raise UsageError(f"{shown}{packed} is of no known kind: the ending of its name says it\n{_SETS}")


@contextmanager
def faults_of(name: str) -> Iterator[None]:
    """Translate what opening and reading may raise."""
    try:
        yield
    except FileNotFoundError as error:
        raise UsageError(_absent(Path(name))) from error
    except TooLargeError as error:
        raise UsageError(f"{name!r}: {error}\ntake a part of it, or unpack it first") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UsageError(f"{name!r} is no whole gzip file: {of_reading(error)}\ncopy it again") from error
    except OSError as error:
        if error.errno is None and kind_of(name) != PARQUET:  # what pyarrow says of zstd
            raise UsageError(f"{name!r} is no whole zstd file: it is damaged or cut short\ncopy it again") from error
        raise UsageError(f"cannot read {name!r}: {of_system(error)}") from error


def _absent(path: Path) -> str:
    try:
        names = [entry.name for entry in islice(path.parent.iterdir(), _SEVERAL)]
    except OSError:
        return f"no question file {str(path)!r}: there is no folder {str(path.parent)!r}\n{_SETS}"
    near = ", ".join(map(repr, difflib.get_close_matches(path.name, names)))
    return f"no question file {str(path)!r}{f'; did you mean {near}?' if near else ''}\n{_SETS}"
