"""Tags and a note that people give to a run, in a file beside its folder and never in it. Knows files, no terminal.

Those of `runs/first` lie in `runs/first.tags.json`. Studies and their cells, evaluations and all other kinds can have
them too: whatever is a folder with a name.
"""

import fcntl
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, ValidationError

from memory.files import write_atomically
from memory.opening import read_whole, remove
from sandbox.errors import SandboxError, of_validation
from sandbox.options.completion import TAG, TAGS_SUFFIX
from sandbox.options.tagging import LONGEST_NOTE
from sandbox.runs.beside import beside
from sandbox.runs.manifest import Part
from sandbox.runs.newer import newer_by_schema
from sandbox.runs.strict_json import read_strictly

MOST_TAGS: Final = 100
MOST_BYTES: Final = 1 << 20
_AWAY: Final = "\nMove it away to give tags and a note anew."


class Tags(Part):
    """What stands in the file: tags in the order in which they were given, a note, and when they were changed last."""

    schema_: Literal[1] = Field(1, alias="schema")
    tags: tuple[Annotated[str, Field(pattern=rf"^{TAG.pattern}$")], ...] = Field((), max_length=MOST_TAGS)
    note: str | None = Field(None, max_length=LONGEST_NOTE)
    changed: str | None = None

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)

    @property
    def shown(self) -> str | None:
        """The tags in a line; None where there are none."""
        return ", ".join(self.tags) or None

    def has(self, wanted: Collection[str]) -> bool:
        """Whether all that are `wanted` are among them."""
        return {*wanted} <= {*self.tags}

    def with_tags(self, add: Sequence[str], taken: Collection[str]) -> tuple[str, ...]:
        """The tags with those to `add` behind them, each once, without those that are `taken` away."""
        return tuple(tag for tag in dict.fromkeys((*self.tags, *add)) if tag not in taken)


def path_of(folder: Path) -> Path:
    """The file with the tags of what lies in `folder`."""
    return beside(folder, TAGS_SUFFIX.removeprefix("."))


def read_tags(folder: Path) -> Tags:
    """Those of what lies in `folder`; none where nobody gave any. Raises `SandboxError` that names the file."""
    path, content = path_of(folder), b""
    try:
        content = read_whole(path, MOST_BYTES)
        return read_strictly(Tags, content)
    except FileNotFoundError:
        return Tags()
    except OSError as error:
        raise SandboxError(f"{path}: cannot be read: {error.strerror}.{_AWAY}") from None
    except ValidationError as error:
        why = f"{path}: no tags of schema 1: {of_validation(error)}."
        raise SandboxError(f"{why}{newer_by_schema(content) or _AWAY}") from None


def tags_of(folder: Path, broken: list[str]) -> Tags:
    """The same; where they cannot be read none, and `broken` is told: a run is listed anyway."""
    try:
        return read_tags(folder)
    except SandboxError as error:
        broken.append(str(error))
        return Tags()


def tags_told(folder: Path) -> Iterator[str]:
    """Tags and note for people, a line each; what is wrong where they cannot be read."""
    broken: list[str] = []
    found = tags_of(folder, broken)
    if found.tags:
        yield f"tags: {found.shown}"
    if found.note:
        yield f"note: {found.note}"
    yield from broken


@contextmanager
def one_at_a_time(folders: Iterable[Path]) -> Iterator[None]:
    """Others who change tags beside these folders wait: what is read in this block is what there is when it is written.

    The folder that holds the files is locked, so that nothing is left behind; where that cannot be, nobody waits.
    """
    with ExitStack() as held:
        for parent in sorted({path_of(folder).parent.resolve() for folder in folders}):
            with suppress(OSError):
                place = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
                held.callback(os.close, place)
                fcntl.flock(place, fcntl.LOCK_EX)
        yield


def write_tags(folder: Path, tags: Tags) -> None:
    """Replace the file in one step; without a tag and a note it is removed. Raises `OSError`."""
    path = path_of(folder)
    if tags.tags or tags.note:
        write_atomically(path, (tags.model_dump_json(indent=1) + "\n").encode(), durable=True)
    else:
        remove(path)
