"""What must be the same on every node that runs cells, looked at before anything is paid. Knows nodes, nothing of Ray.

A node compares for itself, and the head looks whether it reads what the node wrote.
"""

import os
import platform
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import sandbox
from sandbox.runs.packages import packages

_BYTES: Final = 16  # of the name and the content of a file that is to be read elsewhere
_FEW: Final = 3


class Wanted(NamedTuple):
    """What every node must have: its working directory, versions, variables that are set, and where models are."""

    cwd: str
    versions: Mapping[str, str]
    variables: tuple[str, ...]
    base_url: str | None


class Sample(NamedTuple):
    """A file of the head in the study's `folder`, which every node should find there."""

    folder: str
    name: str
    content: str

    def by(self, node: str) -> Path:
        """What the node called so writes beside it."""
        return Path(self.folder, f"{self.name}-{node}")


def wanted(variables: Iterable[str]) -> Wanted:
    """What this node has; `variables` hold the keys that cells need."""
    return Wanted(str(Path.cwd()), _versions(), tuple(sorted(variables)), _base_url())


def lacks(wanted: Wanted) -> list[str]:
    """What of `wanted` this node does not have, each as half a sentence. Its working directory is changed."""
    versions = _versions()
    found = [
        f"{name} {versions.get(name, 'is missing')} where the head has {wanted.versions.get(name, 'none')}"
        for name in {**wanted.versions, **versions}
        if wanted.versions.get(name) != versions.get(name)
    ]
    found += [f"{name} is not set" for name in wanted.variables if not os.environ.get(name, "").strip()]
    if _base_url() != wanted.base_url:
        found.append("OPENAI_BASE_URL is not as on the head")
    try:
        os.chdir(wanted.cwd)
    except OSError as error:
        found.append(f"there is no {wanted.cwd} ({error.strerror})")
    return found


def look(wanted: Wanted, sample: Sample, node: str) -> list[str]:
    """What this node, called `node`, lacks; it writes a file for the head to read."""
    return [*lacks(wanted), *_unshared(sample, node)]


class SharedFolder:
    """The study's folder between `with` and its end, with a file in it by which nodes know whether they share it."""

    def __init__(self, folder: Path) -> None:
        self.sample: Final = Sample(str(folder), f".node-{secrets.token_hex(_BYTES)}", secrets.token_hex(_BYTES))

    def __enter__(self) -> Self:
        Path(self.sample.folder, self.sample.name).write_text(self.sample.content)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in Path(self.sample.folder).glob(f"{self.sample.name}*"):
            file.unlink(missing_ok=True)

    def unread(self, node: str) -> list[str]:
        """Whether what `node` wrote can be read here."""
        return _difference(self.sample.by(node), self.sample.content, "is not read on the head")


def node_name(address: str, identity: str) -> str:
    """What a node is called for people: several can be on one machine."""
    return f"{address} ({identity[:8]})"


def complaint(by_node: Mapping[str, Sequence[str]]) -> str | None:
    """What is wrong, node by node, for people; None where nothing is."""
    lines = [f"Node {node}: {'; '.join(found)}." for node, found in by_node.items() if found]
    if not lines:
        return None
    more = [f"(and {len(lines) - _FEW} nodes more)"] if len(lines) > _FEW else []
    return "\n".join([*lines[:_FEW], *more, "Make that the same on all nodes, and try again."])


def _versions() -> dict[str, str]:
    """Of all that results can depend on."""
    return {"Python": platform.python_version(), "sandbox": sandbox.__version__, **packages()}


def _base_url() -> str | None:
    """Where models are that name no endpoint, if a variable says so."""
    return os.environ.get("OPENAI_BASE_URL", "").strip() or None


def _unshared(sample: Sample, node: str) -> list[str]:
    if found := _difference(Path(sample.folder, sample.name), sample.content, "of the head is not read there"):
        return found
    try:
        sample.by(node).write_text(sample.content)
    except OSError as error:
        return [f"nothing can be written into {sample.folder} ({error.strerror})"]
    return []


def _difference(file: Path, content: str, told: str) -> list[str]:
    """What is told where `file` is not there with this `content`."""
    why = "another one is there"
    try:
        if file.read_text(errors="replace") == content:
            return []
    except OSError as error:
        why = str(error.strerror)
    return [f"the study's folder is not shared: a file in {file.parent} {told} ({why})"]
