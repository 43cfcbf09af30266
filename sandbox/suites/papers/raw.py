"""The files of suites as published data lies there: rows of JSON lines and CSV, packed or not, and JSON documents.

What stands in them, the modules beside this one know.
"""

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from sandbox.errors import UsageError, of_reading
from sandbox.questions.streams import Line, lines

_MOST_ROWS: Final = 1_000_000  # lines of a file; the largest of the papers has 2,400
_MOST_BYTES: Final = 16 * 2**20  # of a document; the one there is has 5 kB
Row = dict[str, Any]
T = TypeVar("T")


class Raw:
    """What lies in `folder`; `suite` is whom to name where a file is not there."""

    def __init__(self, suite: str, folder: Path) -> None:
        self._suite, self._folder = suite, folder

    def rows(self, name: str, read: Callable[[Row], T]) -> list[T]:
        """What `read` makes of each row of the file `name`, in order.

        Raises `UsageError` with file and line where the file is none of its kind, or `read` lacks something in a row.
        """
        path = self._found(name)
        with _faults_of(path), path.open("rb") as file:
            rows = _table if ".csv" in path.suffixes else _objects
            return [_made(read, row, place) for place, row in rows(_bounded(lines(file, path.name, repr(str(path)))))]

    def document(self, name: str) -> Any:
        """The JSON document `name`. Raises `UsageError`."""
        path = self._found(name)
        with _faults_of(path), path.open("rb") as file:
            return json.loads(file.read(_MOST_BYTES))

    def _found(self, name: str) -> Path:
        if (self._folder / name).is_file():
            return self._folder / name
        raise UsageError(
            f"suite {self._suite} needs data that does not ship: there is no {name} in {str(self._folder)!r}\n"
            f"get it with `sandbox evaluate --fetch {self._suite}`, or name the folder that has it with --suite-data"
        )


def _bounded(found: Iterator[Line]) -> Iterator[Line]:
    for line in found:
        if line.number > _MOST_ROWS:
            raise UsageError(f"{line.place}: more lines than any suite has\nget the file again with --fetch")
        yield line


def _objects(found: Iterator[Line]) -> Iterator[tuple[str, Any]]:
    for line in found:
        if line.text.strip():
            yield line.place, _value(line)


def _value(line: Line) -> Any:
    try:
        return json.loads(line.text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{line.place}: {of_reading(error)}\nget the file again, or mend the line") from error


def _table(found: Iterator[Line]) -> Iterator[tuple[str, Row]]:
    places: list[str] = []

    def texts() -> Iterator[str]:
        for line in found:
            places.append(line.place)
            yield line.text

    for row in csv.DictReader(texts(), strict=True):
        yield places[-1], row


def _made(read: Callable[[Row], T], row: Row, place: str) -> T:
    try:
        return read(row)
    except (LookupError, TypeError, ValueError, AttributeError) as error:  # pydantic's errors are values too
        what = f"has no {error}" if isinstance(error, KeyError) else "is not as the published rows are"
        raise UsageError(f"{place}: {what}\nget the file again with --fetch") from error


@contextmanager
def _faults_of(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, ValueError, RecursionError, csv.Error, zlib.error, gzip.BadGzipFile) as error:
        said = "it is no CSV table" if isinstance(error, csv.Error) else of_reading(error)
        raise UsageError(f"cannot read {str(path)!r}: {said}\nget it again with --fetch") from error
