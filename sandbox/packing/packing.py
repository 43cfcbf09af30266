"""Writes a folder as one archive, whose bytes follow from its files and its name alone. Knows no terminal."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from io import BufferedReader
from pathlib import Path
from typing import Any, Final, NamedTuple

from memory.files import write_atomically
from memory.opening import open_to_read
from sandbox.errors import SandboxError, UsageError, of_system
from sandbox.packing.gathering import gathered, place_of
from sandbox.packing.layout import LIST, in_archive
from sandbox.packing.listing import MOST_LIST, Listing, Member, bomb, fault
from sandbox.packing.sources import Source
from sandbox.packing.tar import END, TooLongError, head, padding
from sandbox.packing.xz import packed

SUFFIX: Final = ".tar.xz"
_BLOCK: Final = 1 << 20

# Told bytes done and bytes of all files.
Progress = Callable[[int, int], object]


class Packed(NamedTuple):
    """An archive that was written: `bytes` of so many `files` in `size` bytes; `left` is what it does not hold."""

    path: Path
    kind: str
    name: str
    files: int
    bytes: int
    size: int
    sha256: str
    left: Sequence[str]


def pack(source: Source, out: Path, *, memory: bool, progress: Progress) -> Packed:
    """Write what `source` hands over into the new file `out`, with what agents remember only if `memory`.

    Raises `UsageError` if `out` is there already, `SandboxError` for what cannot be packed or written.
    """
    _check_new(out)
    source.check_idle()
    found = gathered(source.folder, source.kind, memory=memory)
    writing = _Writing(source.folder, progress)
    listing = writing.listed(source, found.files)
    digest, size = sha256(), 0

    def told(blocks: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal size
        for block in blocks:
            digest.update(block)
            size += len(block)
            yield block
        source.check_idle()  # nobody began to work on it meanwhile
        if why := bomb(listing.total, size):
            raise SandboxError(f"{source.folder}: {why}, so that nobody could unpack it.")

    try:
        write_atomically(out, told(packed(writing.members(listing))))
    except OSError as error:
        raise SandboxError(f"--output {out}: cannot be written: {of_system(error)}.\nName another file.") from error
    return Packed(
        out, source.kind, source.name, len(listing.files), listing.total, size, digest.hexdigest(), found.left
    )


def _check_new(out: Path) -> None:
    if os.path.lexists(out):
        raise UsageError(f"--output {out}: it is there already, and nothing is ever overwritten.\nName another file.")
    if not out.parent.is_dir():
        raise UsageError(f"--output {out}: there is no folder {out.parent}.")


class _Writing:
    """The files of `folder`, read twice: once to say in the list what they are, and once to write them."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self._folder: Final = folder
        self._progress: Final = progress

    def listed(self, source: Source, paths: Sequence[str]) -> Listing:
        """The list of the files at `paths`. Raises `SandboxError` for what no archive can hold."""
        members = [self._member(path) for path in paths]
        listing = Listing(schema_=1, kind=source.kind, name=source.name, sandbox=source.sandbox, files=tuple(members))
        why = fault(listing) or ("its list is too long" if len(listing.content()) > MOST_LIST else None)
        if why:
            raise SandboxError(f"{source.folder} cannot be packed: {why}.")
        return listing

    def members(self, listing: Listing) -> Iterator[bytes]:
        """The archive before it is compressed. Raises `SandboxError` if a file is not as it was listed any more."""
        content = listing.content()
        yield from (_head(in_archive(listing.name, LIST), len(content)), content, padding(len(content)))
        done = 0
        for member in listing.files:
            yield _head(in_archive(listing.name, member.path), member.bytes)
            digest = sha256()
            with self._open(member.path) as file:
                for block in _blocks(file, member.bytes):
                    digest.update(block)
                    done += len(block)
                    self._progress(done, listing.total)
                    yield block
            if digest.hexdigest() != member.sha256:
                raise SandboxError(f"{place_of(self._folder, member.path)} changed while it was packed.\nTry again.")
            yield padding(member.bytes)
        yield END

    def _member(self, path: str) -> Member:
        with self._open(path) as file:
            size, digest = os.fstat(file.fileno()).st_size, sha256()
            for block in _blocks(file, size):
                digest.update(block)
        return Member(path=path, bytes=size, sha256=digest.hexdigest())

    @contextmanager
    def _open(self, path: str) -> Iterator[BufferedReader]:
        """The file at `path`. Raises `SandboxError` where the system refuses it, or what is read of it."""
        place = place_of(self._folder, path)
        try:
            with open_to_read(place, depth=path.count("/") + 1) as file:
                yield file
        except OSError as error:
            raise SandboxError(f"{place} cannot be packed: {of_system(error)}.") from error


def _head(path: str, size: int) -> bytes:
    try:
        return head(path, size)
    except TooLongError:
        raise SandboxError(f"{path} is too long a path for an archive.\nGive the folder a shorter name.") from None


def _blocks(file: Any, size: int) -> Iterator[bytes]:
    """The first `size` bytes, or fewer where the file was cut."""
    while size and (block := file.read(min(size, _BLOCK))):
        size -= len(block)
        yield block
