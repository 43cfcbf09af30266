"""Where a question set is read from: what `--questions` and `--prior` can name. Knows no row and no format."""

import re
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final, NamedTuple

from agents.surrogates import without_surrogates
from sandbox.errors import UsageError
from sandbox.options.extensions import is_extension
from sandbox.questions.columns import Columns
from sandbox.questions.files import rows, rows_of_stdin
from sandbox.questions.kinds import kind_of
from sandbox.questions.rows import Row

HUB_SET: Final = "hh-rlhf"
STARTER_SET: Final = "starter"
STDIN: Final = "-"
# `ORG/NAME`, then perhaps `@` and a branch, tag or commit, then perhaps `:` and a folder or split of it.
_DATASET: Final = re.compile(r"(\w[\w.-]*/[\w.-]+)(?:@([^:@\s]+))?(?::([^:\s]+))?", re.ASCII)
_ADDRESS: Final = re.compile(r"\w[\w+.-]*://")
_OF_HUB: Final = re.compile(r"(?:https?://(?:www\.)?(?:huggingface\.co|hf\.co)|hf:/)/datasets/([\w.-]+/[\w.-]+)")


class Source(NamedTuple):
    """What a run calls it, where it is for people, and its rows."""

    name: str
    origin: str
    rows: Iterator[Row]


def open_source(source: str, columns: Columns) -> Source:
    """A bundled or published set, what is piped in, one of an extension, a path, or a dataset of the hub.

    A path that exists wins over a dataset.
    """
    if source == HUB_SET:
        from sandbox.questions import hh_rlhf as hub

        return Source(HUB_SET, hub.REPOSITORY, rows(hub.hh_rlhf_file()))
    if source == STARTER_SET:
        return Source(STARTER_SET, "bundled with sandbox", _starter_rows())
    if source == STDIN:
        return Source(STDIN, "standard input", rows_of_stdin(columns))
    if is_extension(source):
        from sandbox.questions.extension import rows_of_extension

        return Source(without_surrogates(source), *rows_of_extension(source, columns))
    path = Path(source).expanduser() if source.startswith("~/") else Path(source)
    if not _exists(path):
        if _ADDRESS.match(source):
            raise UsageError(_about_address(source))
        if dataset := _dataset(source, path):
            return _of_hub(source, dataset, columns)
    name = path.name or path.absolute().name  # of `.`
    return Source(without_surrogates(name), without_surrogates(str(path)), rows(path, columns))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that no file can have
        return False


def _dataset(source: str, path: Path) -> "re.Match[str] | None":
    """`source` as a dataset; what looks like a file, or lies in a folder that is there, is a path."""
    found = _DATASET.fullmatch(source)
    return None if found is None or kind_of(found[1]) or path.parent.is_dir() else found


def _of_hub(source: str, dataset: "re.Match[str]", columns: Columns) -> Source:
    from sandbox.questions.hub import dataset_files

    repository, revision, part = dataset.groups()
    commit, paths = dataset_files(repository, revision, part.strip("/").split("/") if part else [])
    return Source(source, f"{repository}@{commit}", (row for path in paths for row in rows(path, columns)))


def _about_address(source: str) -> str:
    shown = without_surrogates(source)[:200]
    if of_hub := _OF_HUB.match(source):
        return f"{shown!r} is an address\nname the dataset instead: --questions {of_hub[1]}"
    return f"{shown!r} is an address, and nothing is downloaded from addresses\ndownload it, and name the file"


def _starter_rows() -> Iterator[Row]:
    with as_file(files("sandbox.questions") / "starter" / "questions.jsonl") as path:
        yield from rows(path)
