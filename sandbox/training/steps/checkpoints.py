"""Checkpoints on disk: each appears whole, with the digests of its files under this user's mark, or not at all.

The library writes a checkpoint in place, takes a torn one as the newest, and goes on in silence from the top of its
schedule where a file lacks. So it writes into `staging`, and what is there becomes `step-000040/` when all of it is on
the disk. Optimizer and random states are pickles: only those that the mark vouches for are ever opened.

Knows files, digests and marks; neither the library nor what is trained.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pydantic import ConfigDict, Field, ValidationError

from memory.files import write_atomically
from memory.opening import ForeignFileError, open_regular, read_whole
from sandbox.runs.manifest import Count, Part
from sandbox.runs.own_mark import is_own, mark_of
from sandbox.runs.strict_json import read_strictly

RECORD: Final = "checkpoint.json"
STEPS: Final = "steps.jsonl"
KEPT: Final = 2
_MOST_RECORD: Final = 1 << 20  # bytes; a file has about a hundred
_NAME: Final = re.compile(r"step-(\d{6,12})")
# The library's: a pickle that nothing reads, and a card of placeholders.
_LEFT_OUT: Final = ("training_args.bin", "README.md")


class CheckpointRecord(Part):
    """`checkpoint.json`: the optimizer steps that were made, the sha256 of every file, and whose word that is."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    step: Count
    files: dict[str, str]
    mark: str | None = None

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)

    def word(self) -> dict[str, object]:
        """What the mark is over."""
        return self.model_dump(exclude={"mark"}, by_alias=True) | {"kind": "checkpoint"}


class Checkpoint(NamedTuple):
    """A whole checkpoint of this user, after so many optimizer steps. `steps` is its copy of the log until there."""

    path: Path
    step: int

    @property
    def steps(self) -> Path:
        """The log of steps as it was."""
        return self.path / STEPS


class Found(NamedTuple):
    """The newest whole checkpoint, if there is one, and the names of newer ones that are torn or foreign."""

    checkpoint: Checkpoint | None
    passed_over: tuple[str, ...]


def staging(checkpoints: Path) -> Path:
    """Where the library writes checkpoints: its `output_dir`. What lies there is none yet."""
    return checkpoints / ".writing"


def clear_staging(checkpoints: Path) -> None:
    """Take away what a process left that ended while it wrote."""
    shutil.rmtree(staging(checkpoints), ignore_errors=True)


def publish(written: Path, steps: Path, checkpoints: Path, step: int) -> Checkpoint:
    """Make what the library wrote for `step` a checkpoint, and leave that and the one before it. Raises `OSError`.

    `steps` is the log so far, which the checkpoint keeps: after a resume it goes on from the same bytes.
    """
    for name in _LEFT_OUT:
        (written / name).unlink(missing_ok=True)
    shutil.copyfile(steps, written / STEPS)
    place = checkpoints / f"step-{step:06}"
    record = CheckpointRecord(step=step, files=dict(_digests(written)))
    marked = record.model_copy(update={"mark": mark_of(record.word(), place)})
    write_atomically(written / RECORD, marked.model_dump_json(indent=1).encode() + b"\n")
    _sync(written)
    if place.exists():  # one that was passed over
        shutil.rmtree(place)
    written.rename(place)
    _sync_one(checkpoints)
    _leave(checkpoints, step)
    return Checkpoint(place, step)


def newest_whole(checkpoints: Path) -> Found:
    """The checkpoint to go on from: whole, unchanged, and this user's. Changes nothing. Raises nothing."""
    passed_over: list[str] = []
    for step, path in sorted(_named(checkpoints), reverse=True):
        if _is_whole(path, step):
            return Found(Checkpoint(path, step), tuple(passed_over))
        passed_over.append(path.name)
    return Found(None, tuple(passed_over))


def _named(checkpoints: Path) -> Iterator[tuple[int, Path]]:
    if checkpoints.is_dir() and not checkpoints.is_symlink():
        for path in checkpoints.iterdir():
            if (name := _NAME.fullmatch(path.name)) and not path.is_symlink():
                yield int(name[1]), path


def _is_whole(path: Path, step: int) -> bool:
    try:
        record = read_strictly(CheckpointRecord, read_whole(path / RECORD, _MOST_RECORD))
        return (
            record.step == step
            and is_own(record.word(), path, record.mark)
            and dict(_digests(path)) == record.files
            and STEPS in record.files
        )
    except (OSError, ValidationError):
        return False


def _digests(folder: Path) -> Iterator[tuple[str, str]]:
    """Names and sha256 of all files but the record. Raises `OSError` for what is neither a file nor a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise ForeignFileError(0, "It is a link", str(path))
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and name != RECORD:
            with os.fdopen(open_regular(path), "rb") as file:
                yield name, hashlib.file_digest(file, "sha256").hexdigest()


def _leave(checkpoints: Path, step: int) -> None:
    """Take away all but the last `KEPT` until `step`: a later one is torn, or it would have been gone on from."""
    until = sorted(each for each in _named(checkpoints) if each[0] <= step)
    kept = {path for _, path in until[-KEPT:]}
    for _, path in _named(checkpoints):
        if path not in kept:
            shutil.rmtree(path, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Wait until all of `folder` is on the disk."""
    for path in (*folder.rglob("*"), folder):
        _sync_one(path)


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
