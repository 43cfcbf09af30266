"""The HH-RLHF file of the Hugging Face hub, through the hub's own cache. Knows nothing of what is in it.

Import this module inside functions only: `huggingface_hub` is slow to import.
"""

from pathlib import Path
from typing import Final

from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url, try_to_load_from_cache

from sandbox.errors import SandboxError
from sandbox.hub_client import FAILURES, host, patience, quiet, reason

REPOSITORY: Final = "Anthropic/hh-rlhf"
# The controversial questions are the first human turns of the red-teaming dialogues, and those are the
# harmless-base split: 42,537 pairs of dialogues in its training file.
FILE: Final = "harmless-base/train.jsonl.gz"
# A commit, not a branch: every run sees the same bytes, and a cached copy is known to be right unasked.
REVISION: Final = "09be8c5bbc57cb3887f3a9732ad6aa7ec602a1fa"


def hh_rlhf_file() -> Path:
    """Path of the file in the hub's cache, downloaded (about 13 MB) if absent; a cached one needs no network.

    HF_HOME, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE hold as they do for the hub's own client. Raises
    `SandboxError` that says what to do if the file is not in the cache and cannot be fetched.
    """
    cached = try_to_load_from_cache(REPOSITORY, FILE, revision=REVISION, repo_type="dataset")
    if isinstance(cached, str):
        return Path(cached)
    try:
        with quiet():
            return _download()
    except FAILURES as error:
        raise SandboxError(
            f"cannot get {REPOSITORY} from {host()}: {reason(error)}\n"
            "run `sandbox questions fetch` where there is a network (the Hugging Face cache keeps it),\n"
            "or use `--questions starter`, or `--questions FILE` with a downloaded copy"
        ) from error


def _download() -> Path:
    """Fetch the file, after one request that is not repeated.

    Without a network `hf_hub_download` alone goes on trying for 23 seconds.
    """
    url = hf_hub_url(REPOSITORY, FILE, revision=REVISION, repo_type="dataset")
    get_hf_file_metadata(url, timeout=patience())
    return Path(hf_hub_download(REPOSITORY, FILE, revision=REVISION, repo_type="dataset"))
