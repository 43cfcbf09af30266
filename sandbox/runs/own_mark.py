"""The mark by which a document on disk is known as this user's own word: what a stranger gave or changed has none.

A mark is an HMAC with a secret that only this user can read. Knows dictionaries, places and the file of the secret; not
what a document says, nor what it may decide.
"""

import hmac
import json
import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import platformdirs

# As long as what SHA-256 gives: RFC 2104, section 3.
SECRET_BYTES: Final = 32
_FILE: Final = "own-runs.key"
_PURPOSE: Final = b"sandbox own mark 1\n"


class SecretError(Exception):
    """There is no secret that can be used; the message says why, and what to do."""


def mark_of(document: Mapping[str, object], place: Path) -> str | None:
    """The mark (hex) of `document`, which is plain JSON, at `place`: at another place it has another one.

    The first mark on a machine makes the secret. None where there can be none: `trouble` says why.
    """
    with suppress(SecretError):
        return _mac(_secret(make=True), document, place)
    return None


def is_own(document: Mapping[str, object], place: Path, mark: str | None) -> bool:
    """Whether this user's secret made `mark` of this `document` at this `place`. Writes nothing."""
    with suppress(SecretError):
        right = _mac(_secret(make=False), document, place) if mark else ""
        return bool(mark) and hmac.compare_digest(right.encode(), str(mark).encode(errors="replace"))
    return False


def trouble() -> str | None:
    """Why the secret of this user cannot be used, for people; None where it can, or will be made."""
    try:
        _secret(make=True)
    except SecretError as error:
        return str(error)
    return None


def _mac(secret: bytes, document: Mapping[str, object], place: Path) -> str:
    told = json.dumps({"place": str(place.resolve()), "document": document}, sort_keys=True)
    return hmac.digest(secret, _PURPOSE + told.encode(), "sha256").hex()


def _file() -> Path:
    named = os.environ.get("SANDBOX_STATE_DIR")
    return (Path(named) if named else platformdirs.user_state_path("sandbox")) / _FILE


def _secret(*, make: bool) -> bytes:
    """The secret, made if it is not there and `make` says so. Raises `SecretError`."""
    file = _file()
    if not file.is_absolute():  # a received folder could bring its own
        raise SecretError(f"{file.parent} is no absolute path: set SANDBOX_STATE_DIR to one.")
    try:
        if file.is_symlink():
            raise SecretError(f"{file} is a link, which is not followed. Delete it: a new file is made.")
        if make and not file.exists():
            _make(file)
        return _read(file)
    except OSError as error:
        raise SecretError(f"{file} cannot be used: {error.strerror or error}.") from None


def _make(file: Path) -> None:
    """Write a new secret beside its place and link it there: of many processes one wins, and with a whole one."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{secrets.token_hex(8)}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            os.fchmod(descriptor, 0o600)
            opened.write(secrets.token_bytes(SECRET_BYTES))
            opened.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()


def _read(file: Path) -> bytes:
    """What is in `file`, if nobody else can have read or written it. Raises `SecretError`, `OSError`."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        state = os.fstat(descriptor)
        if state.st_uid != os.geteuid():  # as where `sudo` keeps the home of who calls it
            raise SecretError(f"{file} is another user's: set SANDBOX_STATE_DIR to a folder of your own.")
        if not stat.S_ISREG(state.st_mode) or state.st_mode & 0o077:
            raise SecretError(f"Others can read or write {file}, so it is not used. Delete it: a new one is made.")
        secret = os.read(descriptor, SECRET_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(secret) != SECRET_BYTES:
        raise SecretError(f"{file} is damaged, so it is not used. Delete it: a new one is made.")
    return secret
