"""Whether a push can come to anything, asked before the rows are made: the token, and whose the repository is.

Uploads and creates nothing. Import this module inside functions only: `huggingface_hub` is slow to import.
"""

from collections.abc import Mapping
from typing import Any

from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from sandbox.errors import SandboxError
from sandbox.hub_client import checked_name, host, patience, plainly, quiet, token


def check_before(repository: str) -> None:
    """Ask the hub who we are, and for `repository`, which need not be there.

    Raises `UsageError` for what is no name, and `SandboxError` where there is no token, where it is not taken or may
    only read, or where the repository belongs to somebody else.
    """
    with plainly(f"push to {checked_name(repository)}"), quiet():
        api = HfApi(token=token())
        try:
            api.dataset_info(repository, timeout=patience())
        except RepositoryNotFoundError as error:
            if error.response.status_code != 404:  # with 401 the hub says the same of those that it does not know
                raise
        if refusal := _refusal(_known(api), repository):
            raise SandboxError(f"cannot push to {repository} on {host()}: {refusal}")


def _known(api: HfApi) -> Mapping[str, Any]:
    """What the hub says of the token; nothing where it does not say: tokens of jobs may not ask."""
    try:
        return api.whoami()
    except HfHubHTTPError as error:
        if error.response.status_code == 401:
            raise
        return {}


def _refusal(known: Mapping[str, Any], repository: str) -> str | None:
    """Why this token cannot write there, in two lines; None for all that a fine-grained one may or may not do."""
    match known:
        case {"auth": {"accessToken": {"role": str(role)}}}:
            pass
        case _:
            return None
    if role == "read":
        return "the token may only read\nset HF_TOKEN to one that may write"
    owner, _, name = repository.partition("/")
    me, teams = known.get("name"), known.get("orgs")
    names = [me, *(team.get("name") for team in teams if isinstance(team, dict))] if isinstance(teams, list) else []
    if role == "write" and names and owner not in names:
        return f"{owner} is neither you nor an organisation of yours\npush to {me}/{name}, or use another token"
    return None
