"""A folder that appears whole, or not at all. Knows nothing of what is in it."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sandbox.errors import SandboxError, UsageError, of_making


@contextmanager
def appearing(out: Path, runs: Path) -> Iterator[Path]:
    """A folder to write into that becomes `out` at the end.

    Raises `UsageError` if something is there, or if it is among `runs` or in a run; `SandboxError` if it cannot be put
    there at the end.
    """
    with _told(out):
        _refuse(out, runs)
        made = [parent for parent in out.parents if not parent.exists()]
    folder = out.parent / f".export-{secrets.token_hex(4)}.tmp"
    try:
        with _told(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir()
        yield folder
        with _told(out):
            folder.replace(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if not out.exists():
            with suppress(OSError):  # somebody else put something there meanwhile
                for parent in made:
                    parent.rmdir()


def _refuse(out: Path, runs: Path) -> None:
    place = out.resolve()
    if out.is_symlink() or (out.exists() and not (out.is_dir() and not any(out.iterdir()))):
        raise UsageError(f"--out {out}: something is there, and nothing is ever overwritten.\nName another folder.")
    if place == Path.cwd() or place.is_mount():
        raise UsageError(f"--out {out}: it is in use, and cannot be replaced.\nName a folder in it.")
    if place.parent == runs.resolve() or any((parent / "calls.jsonl").exists() for parent in place.parents):
        raise UsageError(f"--out {out}: that is where runs are.\nName a folder elsewhere.")


@contextmanager
def _told(out: Path) -> Iterator[None]:
    """What the system says against it is said of the option."""
    try:
        yield
    except OSError as error:
        raise SandboxError(f"--out {out}: cannot be made: {of_making(error)}.\nName another folder.") from error
