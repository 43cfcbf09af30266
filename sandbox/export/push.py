"""An exported folder on the Hugging Face hub, as one commit. Knows the layout of the folder, not what the rows say.

Import this module inside functions only: `huggingface_hub` is slow to import.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    constants,
    get_session,
    hf_hub_url,
    hf_raise_for_status,
)
from huggingface_hub.errors import RepositoryNotFoundError
from huggingface_hub.hf_api import DatasetInfo, RepoFile

from sandbox.errors import SandboxError
from sandbox.export.card.merge import merged_card, said
from sandbox.export.exported import exported, manifest_of, written
from sandbox.export.names import CARD, MANIFEST, ReportProgress
from sandbox.hub_client import checked_name, host, patience, plainly, quiet, token


@dataclass(frozen=True)
class Pushed:
    """What is on the hub now: `files` of the export at `commit`, after `removed` ones of an earlier export went.

    `created` if the repository is new. `changed` is False if all was there already, and no commit was made.
    `licence_kept` is the licence that the card has there, if it is not the one of the export.
    """

    url: str
    commit: str
    created: bool
    private: bool
    files: int
    removed: int
    changed: bool
    licence_kept: str | None


@dataclass(frozen=True)
class _Repository:
    """A dataset repository at the revision that a push starts from; `written` and `licence` are of the last export."""

    name: str
    revision: str
    private: bool
    files: frozenset[str]
    card: str
    written: frozenset[str]
    licence: str


def push(folder: Path, repository: str, *, progress: ReportProgress | None = None) -> Pushed:
    """Upload the export in `folder` to the dataset `repository` as one commit on top of what was read there.

    A repository that is not there is created, private. Files that an earlier export wrote and this one has not are
    removed, the card is merged (see `card_merge`), and all else stays. `progress` is told bytes done, and all of them.
    HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE and a login hold as they do for the hub's own client.

    Raises `UsageError` for a name or a folder that cannot be pushed, and `SandboxError` for whatever else fails or
    would lose what people wrote; then the repository has nothing of the commit, or all if only its receipt was lost.
    """
    paths, ours = exported(folder)
    merged_card("", ours)  # a card that cannot be pushed is refused before anybody is asked
    with plainly(f"push to {checked_name(repository)}"), quiet():
        api = HfApi(token=token())
        info, created = _found(api, repository)
        there = _read(api, info)
        _mind_foreign_files(there, paths)
        card = merged_card(there.card, ours, licence_was=there.licence)
        sources = {path: str(folder / path) for path in paths} | {CARD: card.encode()}
        additions = [CommitOperationAdd(path, source) for path, source in sources.items()]
        _upload(api, there.name, additions, progress)
        stale = sorted((there.written & there.files) - set(paths))
        commit = _commit(api, there, [*additions, *(CommitOperationDelete(path, is_folder=False) for path in stale)])
    return Pushed(
        url=f"{constants.ENDPOINT}/datasets/{there.name}",
        commit=commit,
        created=created,
        private=there.private,
        files=len(paths),
        removed=len(stale),
        changed=commit != there.revision,
        licence_kept=said(card, "license") if said(card, "license") != said(ours, "license") else None,
    )


def _found(api: HfApi, repository: str) -> tuple[DatasetInfo, bool]:
    """The repository, and whether it was created. The first request is not repeated: no network, no waiting."""
    try:
        return api.dataset_info(repository, timeout=patience()), False
    except RepositoryNotFoundError as error:
        if error.response.status_code != 404:  # with 401 the hub says the same of those that it does not know
            raise
    api.create_repo(repository, repo_type="dataset", private=True)
    info = api.dataset_info(repository, timeout=patience())
    if not info.private:
        raise SandboxError(
            f"the hub made {repository} public, so nothing was uploaded\nmake it private, and push again"
        )
    return info, True


def _read(api: HfApi, info: DatasetInfo) -> _Repository:
    if not info.sha:
        raise SandboxError(f"{info.id} on {host()} has no commit yet\nadd a file on its page, or push to another name")
    tree = api.list_repo_tree(info.id, recursive=True, revision=info.sha, repo_type="dataset")
    files = frozenset(entry.path for entry in tree if isinstance(entry, RepoFile))
    card, manifest = (_content(api, info, name) if name in files else b"" for name in (CARD, MANIFEST))
    try:
        text = card.decode()
    except UnicodeDecodeError as error:
        what = f"README.md of {info.id} on {host()} is not UTF-8, and is not overwritten"
        raise SandboxError(f"{what}\nmend it there, or push to another name") from error
    last = manifest_of(manifest)
    licence_was = str(last.get("license", "other"))
    return _Repository(info.id, info.sha, bool(info.private), files, text, written(last), licence_was)


def _content(api: HfApi, info: DatasetInfo, path: str) -> bytes:
    """A small file as of the revision, past the client's cache: what is private leaves no copy on this disk."""
    url = hf_hub_url(info.id, path, repo_type="dataset", revision=info.sha)
    headers = {"Authorization": f"Bearer {api.token}"}
    response = get_session().get(url, headers=headers, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT)
    hf_raise_for_status(response)
    return bytes(response.content)


def _mind_foreign_files(there: _Repository, paths: Sequence[str]) -> None:
    for path in sorted((there.files & set(paths)) - there.written - {CARD}):
        what = f"{there.name} on {host()} has {path}, which no export wrote, and which is not overwritten"
        raise SandboxError(f"{what}\nremove it there, or push to another name")


def _upload(api: HfApi, name: str, additions: Sequence[CommitOperationAdd], progress: ReportProgress | None) -> None:
    """Bring the large files to the hub's store, one by one; they are seen by nobody before the commit."""
    done, total = 0, sum(each.upload_info.size for each in additions)
    for each in additions:
        api.preupload_lfs_files(name, [each], repo_type="dataset", free_memory=False)
        if each._should_ignore:
            what = f"{name} on {host()} has a .gitignore that leaves {each.path_in_repo} out, so nothing was written"
            raise SandboxError(f"{what}\nchange it there, or push to another name")
        done += each.upload_info.size
        if progress:
            progress("uploading", done, total)


def _commit(api: HfApi, there: _Repository, operations: list[CommitOperationAdd | CommitOperationDelete]) -> str:
    """The commit that is there now: a new one, or the old one if nothing differs."""
    return api.create_commit(
        there.name,
        operations,
        commit_message="Upload what sandbox export wrote",
        repo_type="dataset",
        parent_commit=there.revision,
    ).oid
