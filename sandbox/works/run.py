"""A work from plan to complete folder, new or taken up again. Reports events; prints nothing, and knows no work."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple

from agents.model import ModelError
from memory.opening import ForeignFileError
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.open_files import too_many_open_files
from sandbox.errors import SandboxError, of_system
from sandbox.progress.events import Finished, Note, Report
from sandbox.progress.working import starting, worked
from sandbox.runs.any_manifest import M
from sandbox.runs.directory import D, WorkDirectory
from sandbox.runs.manifest import Status, StoppedBy
from sandbox.works.attempt import FolderAttempt
from sandbox.works.opening import Opened
from sandbox.works.plan import WorkPlan


class Words(NamedTuple):
    """How a work speaks: its name, the command that goes on with its folder, and how it ended."""

    name: str
    going_on: Callable[[Path], str]
    ended_as: Callable[[Any, Path], Finished]

    @property
    def said(self) -> str:
        """The name at the beginning of a sentence."""
        return self.name.capitalize()


class FolderRun(Generic[M, D]):
    """Makes what `opened` opens: a work of `plan` that is new, or `resumed`; an attempt of `attempting` works on it.

    `report` is told every event as it happens.
    """

    def __init__(
        self,
        words: Words,
        plan: WorkPlan,
        report: Report,
        opened: Callable[[], AbstractAsyncContextManager[Opened[M, D]]],
        attempting: Callable[[D, M], FolderAttempt[M, Any, Any]],
        resumed: WorkDirectory | None,
    ) -> None:
        self._words: Final = words
        self._plan: Final = plan
        self._report: Final = report
        self._opened: Final[Callable[[], AbstractAsyncContextManager[Opened[M, D]]]] = opened
        self._attempting: Final[Callable[[D, M], FolderAttempt[M, Any, Any]]] = attempting
        self._resumed: Final = resumed
        self._attempt: FolderAttempt[M, Any, Any] | None = None

    def stop(self) -> bool:
        """Make no more calls, finish those in flight, write everything and end as stopped.

        False if there is nothing to wait for: no call was made yet, or it was stopped before.
        """
        return self._attempt is not None and self._attempt.stop()

    async def run(self) -> tuple[D, M]:
        """Prepare, ask and close; the folder and its manifest at the end.

        Raises `SandboxError` for what cannot go on. Before the first call of a new one nothing is left behind then.
        """
        try:
            async with self._opened() as opened:
                return await self._work(opened)
        except asyncio.CancelledError:
            if self._resumed and not self._attempt:
                self._report(Note(self._words.going_on(self._resumed.path)))
            raise
        except OSError as error:
            raise SandboxError(self._unwritten(error)) from error

    def _unwritten(self, error: OSError) -> str:
        """What to do about files that cannot be written."""
        if isinstance(error, ForeignFileError):
            return f"{error.filename}: {error.strerror}.\nPut the file itself there, and try again."
        directory = self._attempt.directory if self._attempt else self._resumed
        again = self._words.going_on(directory.path) if directory else "Use --runs FOLDER on another disk."
        told = too_many_open_files(error) or f"The {self._words.name} cannot be written: {of_system(error)}."
        return f"{told}\n{again}"

    def _stopped(self, why: str, path: Path) -> str:
        told = "\n".join(f"{self._words.said} stopped: {why}".splitlines()[:2])
        return f"{told}\n{self._words.going_on(path)}"

    async def _work(self, opened: Opened[M, D]) -> tuple[D, M]:
        """Take in what the journal knows, and make the calls that are left."""
        with self._attempting(opened.directory, opened.manifest) as attempt:
            self._attempt = attempt
            drive = partial(self._drive, attempt)
            return opened.directory, await worked(attempt, opened.connect, self._report, drive)

    async def _drive(self, attempt: FolderAttempt[M, Any, Any], endpoints: Endpoints | None) -> M:
        """Make the calls that are left, and close the manifest whatever happens."""
        path, lanes = attempt.directory.path, []
        if endpoints:
            attempt.use(endpoints)
            lanes = endpoints.lanes(self._plan.routes)
        ended: tuple[Status, StoppedBy | None] = ("failed", "error")
        try:
            named = (attempt.directory, self._plan.forecast, attempt.things, attempt.accounts)
            for event in starting(*named, lanes, attempt.figures):
                self._report(event)
            await attempt.drive(lanes, self._report)
            ended = attempt.finish()
        except asyncio.CancelledError:
            ended = ("stopped", "interrupt")
            raise
        except ModelError as error:
            raise SandboxError(self._stopped(str(error), path)) from error
        finally:
            manifest = attempt.save_progress(ended)
            self._report(self._words.ended_as(manifest, path))
        return manifest
