"""A run from plan to complete run directory, new or taken up again. Reports events; prints nothing."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from agents.model import ModelError
from memory.opening import ForeignFileError
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.open_files import too_many_open_files
from sandbox.errors import SandboxError, of_system
from sandbox.progress.events import Finished, Note, Report
from sandbox.progress.working import starting, worked
from sandbox.runs.directory import RunDirectory
from sandbox.runs.failures import failed_asks, kinds
from sandbox.runs.manifest import Manifest, Status, StoppedBy
from sandbox.runs.own_word import marked
from sandbox.runs.words import account, outcome, what_next
from sandbox.simulation.attempt import SocietyAttempt
from sandbox.simulation.opening import NOTHING_SHARED, Opened, Shared, new_run, taken_up
from sandbox.society.plan import Plan
from sandbox.text import typed


class Simulation:
    """Runs `plan`, or goes on with the run in `resumed`; any number may run in one event loop.

    `origins` says where each option came from; `report` is told every event as it happens.
    """

    def __init__(
        self,
        plan: Plan,
        origins: Mapping[str, str],
        report: Report,
        resumed: RunDirectory | None = None,
        shared: Shared = NOTHING_SHARED,
    ) -> None:
        self._plan: Final = plan
        self._origins: Final = origins
        self._report: Final = report
        self._resumed: Final = resumed
        self._shared: Final = shared
        self._attempt: SocietyAttempt | None = None
        self._closed = False

    def stop(self) -> bool:
        """Make no more calls, finish those in flight, write everything and end as stopped.

        False if there is nothing to wait for: no call was made yet, or it was stopped before.
        """
        return self._attempt is not None and self._attempt.stop()

    async def run(self) -> Manifest:
        """Prepare, run and close; the manifest at the end.

        Raises `SandboxError` for what cannot go on. Before the first call of a new run nothing is left behind then.
        """
        self._report(Note(_questions_note(self._plan)))
        async with self._opened() as opened:
            return await self._work(opened)

    async def prepare(self) -> None:
        """Make the run, or see that it can be taken up, and leave it before its first call, for another process.

        Its endpoints are open then, where they are shared. Raises `SandboxError`.
        """
        async with self._opened() as opened, opened.connect():
            if not self._resumed:
                unbegun = opened.manifest.model_copy(update={"attempts": ()})
                opened.directory.write_manifest(marked(unbegun, opened.directory.path))

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Opened]:
        """The run between its making or taking up and its end. Raises `SandboxError`."""
        resumed = self._resumed
        common = (self._plan, self._origins, self._report, self._shared)
        try:
            async with taken_up(*common, resumed) if resumed else new_run(*common) as opened:
                yield opened
        except asyncio.CancelledError:
            if resumed and not self._closed:
                self._report(Note(f"Go on with it: sandbox simulate --resume {typed(resumed.path)}"))
            raise
        except OSError as error:
            raise SandboxError(self._unwritten(error)) from error

    def _unwritten(self, error: OSError) -> str:
        """What to do about files that cannot be written."""
        directory = self._attempt.directory if self._attempt else self._resumed
        again = f"go on with it: sandbox simulate --resume {typed(directory.path)}" if directory else ""
        if isinstance(error, ForeignFileError):
            return f"{error.filename}: {error.strerror}.\nPut the file itself there, and try again."
        if told := too_many_open_files(error):
            return f"{told}\nThen {again}" if again else told
        remedy = (
            f"Make room, or make it writable; then {again}"
            if again
            else "Make room, or use --runs FOLDER on another disk."
        )
        return f"The run cannot be written: {of_system(error)}.\n{remedy}"

    async def _work(self, opened: Opened) -> Manifest:
        """Take in what the journal knows, and make the calls that are left."""
        directory, manifest, space, connect = opened
        with SocietyAttempt(directory, manifest, self._plan, space, self._shared) as attempt:
            self._attempt = attempt
            return await worked(attempt, connect, self._report, partial(self._drive, attempt))

    async def _drive(self, attempt: SocietyAttempt, endpoints: Endpoints | None) -> Manifest:
        """Make the calls that are left, and close the manifest whatever happens."""
        path, lanes = attempt.directory.path, []
        if endpoints:
            attempt.use(endpoints)
            lanes = endpoints.lanes(self._plan.routes, self._shared.rank)
        ended: tuple[Status, StoppedBy | None] = ("failed", "error")
        try:
            figures = attempt.progress.figures
            expected = self._plan.forecast
            for event in starting(attempt.directory, expected, "interactions", attempt.accounts, lanes, figures):
                self._report(event)
            await attempt.drive(lanes, self._report)
            ended = attempt.finish()
        except asyncio.CancelledError:
            ended = ("stopped", "interrupt")
            raise
        except ModelError as error:
            again = f"Go on with it: sandbox simulate --resume {typed(path)}"
            raise SandboxError("\n".join([*f"Run stopped: {error}".splitlines()[:2], again])) from error
        finally:
            manifest = attempt.save_progress(ended)
            self._closed = True
            self._report(ended_as(manifest, path))
        return manifest


def ended_as(manifest: Manifest, path: Path) -> Finished:
    """How the run in `path` ended: its accounts, and what to run next."""
    failures = kinds(failed_asks(RunDirectory(path))) if manifest.totals.failed else []
    # What to do about a run that failed stands in the error, which follows.
    last = [] if manifest.status == "failed" else [what_next(manifest, path, failures)]
    document = {"path": str(path), **manifest.model_dump(mode="json")}
    return Finished([outcome(manifest), *account(manifest), *map(str, failures), *last], document)


def _questions_note(plan: Plan) -> str:
    """What is discussed, what filters dropped, and where prior memories come from."""
    questions, prior = plan.questions, plan.prior
    dropped = ", ".join(f"{count} {name}" for name, count in questions.dropped.items())
    return "".join(
        (
            f"{len(questions.questions)} questions from {questions.name}",
            f" (dropped: {dropped})" if dropped else "",
            f", {len(prior.pairs)} prior pairs from {prior.name}" if prior else "",
            ".",
        )
    )
