"""A log held against what its journal gives: the first difference is named. Reads and changes nothing."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel

from memory.opening import open_to_read
from sandbox.errors import SandboxError
from sandbox.runs.json_lines import LONGEST_LINE


def compare(path: Path, derived: Iterable[tuple[str, BaseModel]]) -> Iterator[BaseModel]:
    """Each of the `derived` records, with the name of each, that stands in the log at `path` as it should.

    Raises `SandboxError` for the first that does not, and for lines beyond the last.
    """
    with open_to_read(path) as log:
        number = 0
        for number, (name, record) in enumerate(derived, 1):
            wanted = record.model_dump_json().encode() + b"\n"
            line = log.readline(max(len(wanted) + 1, LONGEST_LINE))
            if line != wanted:
                raise SandboxError(f"{path}:{number}: {name} differs from the journal: {_where(record, line)}.")
            yield record
        if log.read(1):
            raise SandboxError(f"{path}:{number + 1}: there are more lines than the journal gives.")


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
