"""The HH-RLHF file of the Hugging Face hub, through the hub's own cache. Knows nothing of what is in it.

Import this module inside functions only: `huggingface_hub` is slow to import.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import (
    constants,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
)
from huggingface_hub.errors import FileMetadataError, HfHubHTTPError, OfflineModeIsEnabled
from huggingface_hub.utils.tqdm import disable_progress_bars

from sandbox.errors import SandboxError

REPOSITORY: Final = "Anthropic/hh-rlhf"
# The controversial questions are the first human turns of the red-teaming dialogues, and those are the
# harmless-base split: 42,537 pairs of dialogues in its training file.
FILE: Final = "harmless-base/train.jsonl.gz"
# A commit, not a branch: every run sees the same bytes, and a cached copy is known to be right unasked.
REVISION: Final = "09be8c5bbc57cb3887f3a9732ad6aa7ec602a1fa"
_PATIENCE: Final = 5.0  # seconds for each address of the hub, unless HF_HUB_ETAG_TIMEOUT says otherwise


def hh_rlhf_file() -> Path:
    """Path of the file in the hub's cache, downloaded (about 13 MB) if absent; a cached one needs no network.

    HF_HOME, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE hold as they do for the hub's own client. Raises
    `SandboxError` that says what to do if the file is not in the cache and cannot be fetched.
    """
    cached = try_to_load_from_cache(REPOSITORY, FILE, revision=REVISION, repo_type="dataset")
    if isinstance(cached, str):
        return Path(cached)
    try:
        with _quiet():
            return _download()
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, RuntimeError, ValueError) as error:
        raise SandboxError(
            f"cannot get {REPOSITORY} from {urlsplit(constants.ENDPOINT).hostname}: {_reason(error)}\n"
            "run `sandbox questions fetch` where there is a network (the Hugging Face cache keeps it),\n"
            "or use `--questions starter`, or `--questions FILE` with a downloaded copy"
        ) from error


def _download() -> Path:
    """Fetch the file, after one request that is not repeated.

    Without a network `hf_hub_download` alone goes on trying for 23 seconds.
    """
    url = hf_hub_url(REPOSITORY, FILE, revision=REVISION, repo_type="dataset")
    chosen = constants.HF_HUB_ETAG_TIMEOUT
    get_hf_file_metadata(url, timeout=_PATIENCE if chosen == constants.DEFAULT_ETAG_TIMEOUT else chosen)
    return Path(hf_hub_download(REPOSITORY, FILE, revision=REVISION, repo_type="dataset"))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the hub's client from printing bars, log lines and warnings: only the command line prints."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(action="ignore"), disable_progress_bars():
            yield
    finally:
        logger.setLevel(level)


def _reason(error: Exception) -> str:
    """Say in a few words what went wrong, without URLs: those can carry names and signatures."""
    cause = error.__cause__ if isinstance(error, FileNotFoundError) and error.__cause__ else error
    if isinstance(cause, OfflineModeIsEnabled):
        return "it is not in the cache, and offline mode is on (HF_HUB_OFFLINE)"
    if isinstance(cause, HfHubHTTPError):
        return f"HTTP {cause.response.status_code}"
    if isinstance(cause, FileMetadataError):
        return "what answers there is no Hugging Face hub"
    if isinstance(cause, httpx2.TimeoutException):
        return "no answer in time"
    return (str(cause).splitlines() or [type(cause).__name__])[0][:160]
