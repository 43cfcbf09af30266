"""Datasets of the Hugging Face hub as files in the hub's own cache. Knows nothing of what is in them.

Import this module inside functions only: `huggingface_hub` is slow to import.
"""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.hf_api import RepoFile

from sandbox.errors import SandboxError, UsageError
from sandbox.hub_client import FAILURES, host, patience, quiet, reason
from sandbox.questions.shards import of_split

MOST_BYTES: Final = 4 * 2**30


def dataset_files(repository: str, revision: str | None, part: Sequence[str]) -> tuple[str, list[Path]]:
    """The commit that `revision` is now, and the files of the training split or of `part` as of it, downloaded.

    HF_HOME, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE hold as they do for the hub's own client. Raises `SandboxError`
    that says what to do if they cannot be had.
    """
    try:
        with quiet():
            commit, sizes = _listed(repository, revision)
        paths = of_split(sizes, part, f"{repository} on {host()}")
        _check_size(repository, sum(sizes[path] for path in paths))
        with quiet():
            return commit, [_downloaded(repository, commit, path) for path in paths]
    except FAILURES as error:
        raise SandboxError(_failure(repository, revision, error)) from error


def _listed(repository: str, revision: str | None) -> tuple[str, dict[str, int]]:
    """The commit, and the sizes of all files by path. The first request is not repeated: no network, no waiting."""
    api = HfApi()
    commit = api.dataset_info(repository, revision=revision, timeout=patience()).sha
    if not commit:
        raise UsageError(f"{repository} on {host()} has no commit yet\nname another question set")
    tree = api.list_repo_tree(repository, recursive=True, revision=commit, repo_type="dataset")
    files = (entry for entry in tree if isinstance(entry, RepoFile))
    return commit, {file.path: file.size for file in files if ".." not in PurePosixPath(file.path).parts}


def _check_size(repository: str, size: int) -> None:
    if size > MOST_BYTES:
        raise UsageError(
            f"{repository} on {host()}: {size / 2**30:.0f} GiB are too much for a question set\n"
            f"name a smaller part, as {repository}:PART, or a file that you downloaded"
        )


def _downloaded(repository: str, commit: str, path: str) -> Path:
    return Path(hf_hub_download(repository, path, revision=commit, repo_type="dataset"))


def _failure(repository: str, revision: str | None, error: Exception) -> str:
    what = f"there is no path {repository!r}, and the dataset cannot be had from {host()}"
    log_in = "run `hf auth login`, or set HF_TOKEN, with an account that may read it"
    if isinstance(error, GatedRepoError):
        return f"{what}: it is gated\naccept its conditions on its page, then {log_in}"
    if isinstance(error, RevisionNotFoundError):
        return f"{what}: it has no revision {revision!r}\nname a branch, a tag or a commit of it behind the @"
    if isinstance(error, RepositoryNotFoundError):
        return f"{what}: there is none of that name, or it is private\nmend the name, or {log_in}"
    return (
        f"{what}: {reason(error)}\nwhere there is a network, run "
        f"`hf download {repository} --repo-type dataset --local-dir FOLDER`,\nthen name the folder with its data files"
    )
