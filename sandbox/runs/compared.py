"""A log held against what its journal gives: the first difference is named. Reads and changes nothing."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import BaseModel

from memory.opening import open_to_read
from sandbox.errors import SandboxError
from sandbox.runs.json_lines import LONGEST_LINE


def compare(path: Path, derived: Iterable[tuple[str, BaseModel]]) -> Iterator[BaseModel]:
    """Each of the `derived` records, with the name of each, that stands in the log at `path` as it should.

    Raises `SandboxError` for the first that does not, and for lines beyond the last.
    """
    with closing(Comparison(path)) as log:
        for name, record in derived:
            log.check(name, record)
            yield record
        log.end()


class Comparison:
    """The log at `path`, held against what is derived as it is told; `checked` records were as they should."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._log: Final = open_to_read(path)
        self.checked = 0

    def check(self, name: str, record: BaseModel) -> None:
        """The next record, called `name`. Raises `SandboxError` where the log says something else."""
        wanted = record.model_dump_json().encode() + b"\n"
        line = self._log.readline(max(len(wanted) + 1, LONGEST_LINE))
        if line != wanted:
            where = f"{self._path}:{self.checked + 1}"
            raise SandboxError(f"{where}: {name} differs from the journal: {_where(record, line)}.")
        self.checked += 1

    def end(self) -> None:
        """No record is left. Raises `SandboxError` for lines beyond the last."""
        if self._log.read(1):
            raise SandboxError(f"{self._path}:{self.checked + 1}: there are more lines than the journal gives.")

    def close(self) -> None:
        """Close the log."""
        self._log.close()


def _where(record: BaseModel, line: bytes) -> str:
    """The first field in which a log line is not `record`."""
    if not line:
        return "the line is absent"
    try:
        logged: Any = orjson.loads(line)
    except orjson.JSONDecodeError:
        return "the line is no JSON"
    for name, value in record.model_dump(mode="json").items():
        if not isinstance(logged, dict) or logged.get(name) != value:
            return name
    return "the order or number of its fields"
