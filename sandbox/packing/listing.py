"""`pack.json`, the first member of an archive: what is in it, and what an archive may hold. Knows no bytes of files."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from sandbox.options.completion import RUN_ID
from sandbox.packing.layout import Kind, is_file, leads_outside, record_of
from sandbox.runs.manifest import Part
from sandbox.text import bytes_shown

MOST_FILES: Final = 60_000
MOST_LIST: Final = 16 << 20  # bytes
# Journals and logs are packed to a tenth, those of the scripted model to a sixteenth; weights hardly at all.
_ALL: Final = 256 << 20  # bytes
_ALL_PER_BYTE: Final = 256
_LONGEST: Final = 100  # characters that are shown of a path


class Member(Part):
    """A file by its path in the folder, with its size in bytes and the sha256 (hex) of its bytes."""

    path: str
    bytes: Annotated[int, Field(ge=0, lt=1 << 53)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Listing(Part):
    """What an archive is: `name` is that of the folder, `sandbox` the version that began what is in it.

    It holds nothing of who packed it, when and where.
    """

    schema_: Literal[1] = Field(alias="schema")
    kind: Kind
    name: Annotated[str, Field(pattern=rf"^{RUN_ID.pattern}$")]
    sandbox: str
    files: tuple[Member, ...]

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(member.bytes for member in self.files)

    def content(self) -> bytes:
        """As it stands in the archive."""
        return (json.dumps(self.model_dump(), indent=1) + "\n").encode("ascii")


def fault(listing: Listing) -> str | None:
    """Why no archive may hold what it lists; None where it may."""
    paths = [member.path for member in listing.files]
    if len(paths) > MOST_FILES:
        return f"it has more than {MOST_FILES:,} files"
    for path in paths:
        if not is_file(listing.kind, path):
            why = "could lead out of the folder" if leads_outside(path) else f"no {listing.kind} has"
            return f"it holds {shown(path)}, which {why}"
    if record_of(listing.kind) not in paths:
        return f"it has no {record_of(listing.kind)}"
    return _twice(paths)


def _twice(paths: Sequence[str]) -> str | None:
    """A file that stands twice, or would on systems that do not tell capitals from small letters."""
    if found := next((after for before, after in pairwise(paths) if before >= after), None):
        return f"{shown(found)} stands twice, or out of order"
    folded = sorted(path.casefold() for path in paths)
    found = next((after for before, after in pairwise(folded) if before == after), None)
    return f"two files differ from {shown(found)} only in capitals" if found else None


def bomb(total: int, packed: int) -> str | None:
    """Why `packed` bytes are not to unpack to `total`; None where they may."""
    most = _ALL + _ALL_PER_BYTE * packed
    return f"it would unpack to {bytes_shown(total)}, far more than its {bytes_shown(packed)}" if total > most else None


def shown(path: str) -> str:
    """A path that anybody can have written, for people."""
    return ascii(path)[1:-1][:_LONGEST]
