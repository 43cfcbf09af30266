"""What every use of the Hugging Face hub's client needs: silence, patience, a token, and its errors in few words.

Fetches and uploads nothing itself. Import this module inside functions only: `huggingface_hub` is slow to import.
"""

import json
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import constants, get_token
from huggingface_hub.errors import (
    DeviceCodeError,
    FileMetadataError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    OIDCError,
)
from huggingface_hub.utils._validators import validate_repo_id
from huggingface_hub.utils.tqdm import disable_progress_bars

from sandbox.errors import SandboxError, UsageError

FAILURES: Final = (httpx2.HTTPError, httpx2.InvalidURL, OSError, RuntimeError, ValueError)
_PATIENCE: Final = 5.0  # seconds for each address of the hub, unless HF_HUB_ETAG_TIMEOUT says otherwise
_LOG_IN: Final = "run `hf auth login`, or set HF_TOKEN to a token that may write"
_OTHERWISE: Final = "use a token that may, or another name"
_ANSWERS: Final = {
    401: ("the hub does not take the token", _LOG_IN),
    403: ("the token may not write there", _OTHERWISE),
    404: ("it is not there, or the token may not see it", _OTHERWISE),
    409: ("it is being changed, or it is there and the token may not see it", "try again, or another name"),
    412: ("somebody changed it meanwhile, so nothing was written", "push again"),
}
# The first that fits, so the narrower ones first.
_REASONS: Final[Sequence[tuple[tuple[type[Exception], ...], str]]] = (
    ((OfflineModeIsEnabled,), "offline mode is on (HF_HUB_OFFLINE)"),
    ((FileMetadataError, json.JSONDecodeError), "what answers there is no Hugging Face hub"),
    ((httpx2.TimeoutException,), "no answer in time"),
    ((httpx2.TransportError,), "it cannot be reached"),
    ((httpx2.InvalidURL,), "HF_ENDPOINT is no address"),
)


def patience() -> float:
    """How many seconds the first request may wait; the client alone would wait for ever."""
    chosen = constants.HF_HUB_ETAG_TIMEOUT
    return _PATIENCE if chosen == constants.DEFAULT_ETAG_TIMEOUT else chosen


def host() -> str:
    """Whom HF_ENDPOINT names, without the secrets that an address may hold."""
    return urlsplit(constants.ENDPOINT).hostname or "the hub"


def checked_name(repository: str) -> str:
    """`repository`, if it is of the form ORG/NAME; raises `UsageError` if not. Asks nobody."""
    try:
        validate_repo_id(repository)
    except HFValidationError:
        named = False
    else:
        named = repository.count("/") == 1
    if not named:
        raise UsageError(f"{repository[:100]!r} is no name on the hub: write ORG/NAME, such as my-team/society-dpo")
    return repository


def token() -> str:
    """The token of the environment or the login; raises `SandboxError` if there is none that can be sent.

    One that no header can hold would be quoted in the client's own error.
    """
    try:
        found = get_token()
    except (OIDCError, DeviceCodeError) as error:
        raise SandboxError(f"cannot get a token for {host()}: {reason(error)}\n{_LOG_IN}") from error
    if found is None:
        raise SandboxError(f"there is no token for {host()}\n{_LOG_IN}")
    if not found.isascii() or not found.isprintable():
        raise SandboxError(f"the token for {host()} has characters that no token has\n{_LOG_IN}")
    return found


@contextmanager
def plainly(action: str) -> Iterator[None]:
    """Turn what the hub's client raises while it writes into a `SandboxError` of two lines: cannot `action`, why."""
    try:
        yield
    except FAILURES as error:
        what, remedy = reason(error), "try again: it is one commit, so the repository has all of it or nothing"
        first, _, rest = str(error).partition("\n")
        if isinstance(error, HfHubHTTPError):
            what, remedy = _ANSWERS.get(error.response.status_code, (what, remedy))
        elif first.startswith("Invalid metadata in README.md"):
            what, remedy = f'it says of the card: "{_first_line(rest)}"', "mend its front matter"
        raise SandboxError(f"cannot {action} on {host()}: {what}\n{remedy}") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the hub's client from printing bars, log lines and warnings: only the command line prints."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(action="ignore"), disable_progress_bars():
            yield
    finally:
        logger.setLevel(level)


def reason(error: Exception) -> str:
    """Say in a few words what went wrong, without URLs: those can carry names and signatures."""
    cause = _cause(error)
    if isinstance(cause, HfHubHTTPError):
        return f"HTTP {cause.response.status_code}"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    known = (words for kinds, words in _REASONS if isinstance(cause, kinds))
    return next(known, "its client could not do it (--debug shows what it says)")


def _first_line(said: str) -> str:
    """The hub's own words, without addresses."""
    return re.sub(r"\w+://\S+", "[address]", next(iter(said.splitlines()), ""))[:160]


def _cause(error: Exception) -> Exception:
    """What stands behind an error with which the client only says what it was at."""
    behind = error.__cause__
    wraps = isinstance(error, FileNotFoundError) or type(error) is RuntimeError
    return behind if wraps and isinstance(behind, Exception) else error
