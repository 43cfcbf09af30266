"""Where the data of suites lies that was fetched, and how it is kept there. Knows no suite."""

import csv
import gzip
import io
import json
import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import platformdirs

from sandbox.errors import SandboxError, of_system


def fetched_folder() -> Path:
    """The folder in the user's cache, or in `$SANDBOX_CACHE_DIR`; it need not be there."""
    named = os.environ.get("SANDBOX_CACHE_DIR")
    return (Path(named) if named else platformdirs.user_cache_path("sandbox")) / "suites"


def keep(path: Path, rows: Iterable[dict[str, Any]] | dict[str, Any]) -> None:
    """Write `rows`, or one document, as the ending of `path` says; the file appears whole. Raises `SandboxError`."""
    content = _written(rows, path.suffixes).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent) as beside:
            whole = Path(beside) / path.name
            whole.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
            whole.replace(path)
    except OSError as error:
        raise SandboxError(f"cannot write {path}: {of_system(error)}\nmake room, or set SANDBOX_CACHE_DIR") from error


def _written(rows: Iterable[dict[str, Any]] | dict[str, Any], endings: list[str]) -> str:
    if isinstance(rows, dict):
        return json.dumps(rows, ensure_ascii=False)
    if ".csv" not in endings:
        return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    text, listed = io.StringIO(newline=""), [*rows]
    table = csv.DictWriter(text, listed[0].keys(), lineterminator="\n")
    table.writeheader()
    table.writerows(listed)
    return text.getvalue()
