"""A base model of the Hugging Face hub: its files, from this machine's cache where they are there. Loads nothing."""

from pathlib import Path
from typing import Any, Final

from sandbox.errors import SandboxError, UsageError
from sandbox.options.config import LOCAL
from sandbox.text import nearest

# Of a model and its tokenizer, whatever else lies beside them; never a pickle.
FILES: Final = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")
_IN_FOLDERS: Final = "*/*"


def from_hub(model: str) -> Path:
    """The files of ORG/NAME[@REVISION], of this machine's cache where they are there. Raises `SandboxError`."""
    from sandbox import hub_client  # slow to import, as is the next

    name, _, revision = model.partition("@")
    try:
        repository = hub_client.checked_name(name)
    except UsageError:
        raise UsageError(
            f"--model {model[:100]}: it is no folder, and no ORG/NAME of the hub.{nearest(model, (LOCAL,))}\n"
            "Leave it out to train the embedded model."
        ) from None
    with hub_client.quiet():
        try:
            return _snapshot(repository, revision or None)
        except hub_client.FAILURES as error:
            raise SandboxError(
                f"--model {model}: it is not on this machine, and {hub_client.host()} does not give it: "
                f"{hub_client.reason(error)}.\nName a folder that holds it, or use --model local."
            ) from error


def _snapshot(repository: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    wanted: dict[str, Any] = {"revision": revision, "allow_patterns": [*FILES], "ignore_patterns": [_IN_FOLDERS]}
    try:
        return Path(snapshot_download(repository, local_files_only=True, **wanted))
    except LocalEntryNotFoundError:
        return Path(snapshot_download(repository, **wanted))
