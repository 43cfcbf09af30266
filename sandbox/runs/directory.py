"""The files of a run: their names, its manifest, and how a run directory comes about whole.

Knows names and bytes, not what a run means. A run directory is never overwritten.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Generic, Self, TypeVar

from pydantic import BaseModel, ValidationError

from agents.json_values import TooManyValuesError, check_values
from agents.surrogates import without_surrogates
from memory.files import write_atomically
from memory.opening import read_whole
from sandbox.errors import SandboxError, UsageError, of_making, of_validation
from sandbox.options.completion import RUN_ID
from sandbox.runs.appended import repair
from sandbox.runs.manifest import Manifest
from sandbox.runs.newer import newer_by_schema
from sandbox.runs.strict_json import read_strictly

M = TypeVar("M", bound=BaseModel)
D = TypeVar("D", bound="WorkDirectory")
# A manifest has a thousand bytes for each model, and two hundred for each attempt.
MOST_MANIFEST: Final = 16 << 20  # bytes


# What is said of the texts of a run lies where the run lies.
BESIDE: Final = "It lies beside its run: copy that to a folder of yours."


class WorkDirectory:
    """Paths inside the folder of any work that makes paid calls: its manifest, its journal, its lock.

    `elsewhere` says where else it can be made.
    """

    elsewhere: ClassVar = "Use --runs FOLDER."

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self.manifest_file: Final = path / "manifest.json"
        self.calls: Final = path / "calls.jsonl"
        self.superseded: Final = path / "superseded.jsonl"
        self.lock: Final = path / ".lock"

    @property
    def name(self) -> str:
        """The name that commands take: that of the folder, whatever the run was called when it was made."""
        name = self.path.name
        return without_surrogates(self.path.resolve().name if name in ("", "..") else name)

    def write_manifest(self, manifest: BaseModel) -> None:
        """Replace the manifest atomically and durably."""
        write_atomically(self.manifest_file, (manifest.model_dump_json(indent=1) + "\n").encode(), durable=True)

    def manifest_bytes(self) -> bytes:
        """What stands in the manifest. Raises `OSError` for one that is absent, no regular file or far too large."""
        content = read_whole(self.manifest_file, MOST_MANIFEST)
        try:
            check_values(content)
        except TooManyValuesError as error:
            raise OSError(errno.EFBIG, f"it holds {error}") from None
        return content

    def read_as(self, kind: type[M]) -> M:
        """The manifest, as one of `kind`.

        Raises `SandboxError` that names the file where it is absent, unreadable or of another schema.
        """
        content = b""
        try:
            content = self.manifest_bytes()
            return read_strictly(kind, content)
        except FileNotFoundError:
            raise SandboxError(f"{self.path} is not a run: it has no manifest.json.") from None
        except OSError as error:
            raise SandboxError(f"{self.manifest_file}: cannot be read: {error.strerror}.") from None
        except ValidationError as error:
            problem = f"{self.manifest_file}: not a manifest of schema 1: {of_validation(error)}."
            raise SandboxError(problem + newer_by_schema(content)) from None


class RunDirectory(WorkDirectory):
    """Paths inside one run directory, and its manifest."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.interactions: Final = path / "interactions.jsonl"
        self.rounds: Final = path / "rounds.jsonl"
        self.verified: Final = path / ".verified.json"
        self.memory: Final = path / "memory"
        self.prompts: Final = path / "prompts"
        self.questions: Final = path / "questions.jsonl"

    def memory_of(self, agent: int) -> Path:
        """What `agent` remembers, but for the endings of its two files."""
        return self.memory / f"agent-{agent:03d}"

    def read_manifest(self) -> Manifest:
        """With the name of the folder as its id: a run can be copied, moved and renamed. Raises `SandboxError`."""
        return self.read_as(Manifest).model_copy(update={"run_id": self.name})

    def repair(self) -> None:
        """Make the last line of every log whole. Raises `SandboxError` that names file and line where that is not it.

        For the one process that works on the run, before it appends anything.
        """
        for path in (self.calls, self.superseded, self.interactions, self.rounds):
            repair(path)


def check_run_id(run_id: str) -> None:
    """Raises `UsageError` for a run id that could leave the runs folder or is no good file name."""
    if not RUN_ID.fullmatch(run_id):
        raise UsageError(
            f"--run-id {run_id!r}: use up to 100 letters, digits, '.', '_' and '-', the first a letter or digit."
        )


def create(runs: Path, run_id: str, kind: Callable[[Path], D]) -> "NewRun[D]":
    """A directory of `kind` in the making beside its final place. Raises `UsageError` if the run exists."""
    final = runs / run_id
    if os.path.lexists(final):
        raise UsageError(f"Run {run_id} exists already in {runs}. Choose another --run-id, or leave it out.")
    try:
        runs.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{run_id}-", dir=runs))
    except OSError as error:
        why = f"{runs}: a run cannot be written there: {of_making(error)}."
        raise SandboxError(f"{why} {kind(final).elsewhere}") from None
    return NewRun(draft, final, kind)


class NewRun(Generic[D]):
    """A directory that appears whole under its name with `publish`, or not at all."""

    def __init__(self, draft: Path, final: Path, kind: Callable[[Path], D]) -> None:
        self.draft: Final = kind(draft)
        self._kind: Final = kind
        self.run_id: Final = final.name
        self._final: Final = final

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.draft.path, ignore_errors=True)

    def publish(self) -> D:
        """Give the directory its name. Raises `UsageError` if another process took the name meanwhile."""
        umask = os.umask(0)
        os.umask(umask)
        self.draft.path.chmod(0o777 & ~umask)
        try:
            self.draft.path.rename(self._final)
        except OSError as error:
            there = os.path.lexists(self._final)
            why = "another process made it meanwhile" if there else error.strerror
            raise UsageError(f"{self._final} cannot be created: {why}.\nLook what is there: sandbox inspect") from None
        return self._kind(self._final)
