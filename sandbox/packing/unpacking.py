"""Reads an archive that anybody can have made, and lets its folder appear whole or not at all. Knows no terminal.

Nothing is believed: an archive is compared, block by block, with what its list says it is, and its list with what a
folder of its kind has. So there is no link, no path that leads elsewhere, and no byte more than was said.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from io import BufferedReader
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import ValidationError

from agents.json_values import TooManyValuesError, check_values
from memory.opening import open_followed
from sandbox.errors import SandboxError, UsageError, of_making, of_system, of_validation
from sandbox.packing.layout import LIST, TAGS, Kind, in_archive
from sandbox.packing.listing import MOST_LIST, Listing, Member, bomb, fault, shown
from sandbox.packing.packing import Progress
from sandbox.packing.tar import BLOCK, END, head, padding, told
from sandbox.packing.xz import DamagedError, Unpacking
from sandbox.runs.directory import NewRun, WorkDirectory
from sandbox.runs.kinds import kind_of
from sandbox.runs.newer import newer_by_schema
from sandbox.runs.strict_json import read_strictly
from sandbox.runs.tags import path_of
from sandbox.text import typed


class Unpacked(NamedTuple):
    """A folder that was unpacked: so many `files` with so many `bytes`."""

    path: Path
    kind: Kind
    name: str
    files: int
    bytes: int


def unpack(file: Path, out: Path | None, runs: Path, studies: Path, progress: Progress) -> Unpacked:
    """Unpack `file` into the new folder `out`, or under the name it says among `runs`, or `studies` if it is one.

    Raises `UsageError` for what is no archive of ours, or a folder that is there already; `SandboxError` if nothing
    can be written. Whatever is raised, nothing is left behind.
    """
    try:
        with open_followed(file) as opened:
            archive = _Archive(opened, file)
            listing = archive.listing
            place = out or (studies if listing.kind == "study" else runs) / listing.name
            with _appearing(place, file) as new:
                archive.write_into(new.draft.path, progress)
                _publish(new, place)
    except DamagedError as error:
        raise _refused(file, str(error)) from None
    except OSError as error:
        raise SandboxError(f"{file}: cannot be read: {of_system(error)}.") from error
    return Unpacked(place, listing.kind, place.name, len(listing.files), listing.total)


def _publish(new: NewRun[WorkDirectory], place: Path) -> None:
    """Let tags and folder appear, both or none."""
    tags = new.draft.path / TAGS
    if not tags.exists():
        new.publish()
        return
    beside = path_of(place)
    with tags.open("rb") as source, beside.open("xb") as target:
        shutil.copyfileobj(source, target)
    try:
        tags.unlink()
        new.publish()
    except BaseException:
        beside.unlink()
        raise


@contextmanager
def _appearing(place: Path, file: Path) -> Iterator[NewRun[WorkDirectory]]:
    """A folder beside `place` that can be published there. What the system says against it is said of `place`."""
    if there := next(filter(os.path.lexists, (place, path_of(place))), None):
        other = f"sandbox unpack {typed(file)} -o FOLDER"
        raise UsageError(f"{there} is there already, and nothing is ever overwritten.\nGive it another name: {other}")
    made = [parent for parent in place.parents if not parent.exists()]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
        with NewRun(draft, place, WorkDirectory) as new:
            yield new
    except OSError as error:
        raise SandboxError(f"{place} cannot be made: {of_making(error)}.") from error
    finally:
        if not place.exists():
            with suppress(OSError):  # somebody else put something there meanwhile
                for parent in made:
                    parent.rmdir()


def _refused(file: Path, why: str) -> UsageError:
    return UsageError(f"{file}: {why}.\nNothing of it was kept. Ask who made it for another: sandbox pack NAME")


class _Archive:
    """The archive in `file`, which lies at `path`. Raises `UsageError` for what is none, and `DamagedError`."""

    def __init__(self, file: BufferedReader, path: Path) -> None:
        self._path: Final = path
        self._stream: Final = Unpacking(file)
        self.listing: Final = self._listed()
        if why := fault(self.listing) or bomb(self.listing.total, os.fstat(file.fileno()).st_size):
            raise _refused(path, why)

    def write_into(self, folder: Path, progress: Progress) -> None:
        """Write every file into `folder`, which is new and nobody else's."""
        done = 0
        for member in self.listing.files:
            self._check_head(in_archive(self.listing.name, member.path), member.bytes)
            self._write(member, folder / member.path)
            done += member.bytes
            progress(done, self.listing.total)
        if self._all(len(END)) != END or not self._stream.is_over():
            raise _refused(self._path, "something follows that is not in its list")
        if self.listing.kind not in ("study", found := kind_of(folder)):
            raise _refused(
                self._path, f"it is of kind {shown(found)} by its manifest, and {self.listing.kind} by its list"
            )

    def _listed(self) -> Listing:
        """What the first member says, which is the list."""
        first = self._all(BLOCK)
        found = told(first)
        name, _, last = found.name.rpartition("/") if found else ("", "", "")
        if not found or last != LIST or not 0 <= found.size <= MOST_LIST:
            raise _refused(self._path, f"it is no archive of sandbox pack: it does not begin with {LIST}")
        content = self._all(found.size)
        listing = self._read(content)
        if first != head(in_archive(listing.name, LIST), len(content)):
            raise _refused(self._path, f"{LIST} says that it is {listing.name}, and lies in {shown(name)}")
        self._check_padding(len(content), LIST)
        return listing

    def _read(self, content: bytes) -> Listing:
        try:
            check_values(content)
            return read_strictly(Listing, content)
        except TooManyValuesError as error:
            raise _refused(self._path, f"{LIST} holds {error}") from None
        except ValidationError as error:
            why = f"{LIST} is no list of schema 1: {of_validation(error)}"
            if newer := newer_by_schema(content):
                raise UsageError(f"{self._path}: {why}.{newer}") from None
            raise _refused(self._path, why) from None

    def _check_head(self, path: str, size: int) -> None:
        block = self._all(BLOCK)
        if block != head(path, size):
            raise _refused(self._path, _unlike(block, path, size))

    def _write(self, member: Member, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = sha256()
        with path.open("xb") as file:
            for block in self._stream.exactly(member.bytes):
                digest.update(block)
                file.write(block)
        self._check_padding(member.bytes, member.path)
        if digest.hexdigest() != member.sha256:
            raise _refused(self._path, f"{member.path} is not what its list says: the sha256 differs")

    def _check_padding(self, size: int, path: str) -> None:
        if self._all(len(padding(size))) != padding(size):
            raise _refused(self._path, f"{path} is longer than its list says")

    def _all(self, size: int) -> bytes:
        return b"".join(self._stream.exactly(size))


def _unlike(block: bytes, path: str, size: int) -> str:
    """What stands where the file at `path` belongs."""
    found = told(block)
    if found is None:
        return f"no file begins where {path} belongs: the one before is longer than its list says"
    if not found.isreg():
        return f"{shown(found.name)} is no regular file, but a link, a device or something else"
    if found.name != path:
        return f"{shown(found.name)} stands where {path} belongs"
    if found.size != size:
        return f"{path} has {found.size} bytes, and {size} by its list"
    return f"{path} is not as it is packed"
