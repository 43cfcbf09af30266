"""An evaluation from plan to complete folder, new or taken up again. Reports events; prints nothing."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Final

from agents.model import ModelError
from memory.opening import ForeignFileError
from prompts import TemplateError
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.open_files import too_many_open_files
from sandbox.errors import SandboxError, of_system
from sandbox.evaluation.attempt import EvaluationAttempt
from sandbox.evaluation.opening import Opened, new_evaluation, taken_up
from sandbox.evaluation.plan import Plan
from sandbox.evaluation.words import ended_as
from sandbox.progress.events import Note, Report
from sandbox.progress.working import starting, worked
from sandbox.runs.evaluation.directory import EvaluationDirectory
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.runs.evaluation.words import going_on
from sandbox.runs.manifest import Status, StoppedBy


class EvaluationRun:
    """Makes the evaluation of `plan`, or goes on with the one in `resumed`.

    `origins` says where each option came from; `report` is told every event as it happens.
    """

    def __init__(
        self, plan: Plan, origins: Mapping[str, str], report: Report, resumed: EvaluationDirectory | None = None
    ) -> None:
        self._plan: Final = plan
        self._origins: Final = origins
        self._report: Final = report
        self._resumed: Final = resumed
        self._attempt: EvaluationAttempt | None = None

    def stop(self) -> bool:
        """Make no more calls, finish those in flight, write everything and end as stopped.

        False if there is nothing to wait for: no call was made yet, or it was stopped before.
        """
        return self._attempt is not None and self._attempt.stop()

    async def run(self) -> Evaluation:
        """Prepare, ask and close; what is there at the end.

        Raises `SandboxError` for what cannot go on. Before the first call of a new one nothing is left behind then.
        """
        try:
            async with self._opened() as opened:
                return await self._work(opened)
        except asyncio.CancelledError:
            if self._resumed and not self._attempt:
                self._report(Note(going_on(self._resumed.path)))
            raise
        except OSError as error:
            raise SandboxError(self._unwritten(error)) from error

    def _opened(self) -> AbstractAsyncContextManager[Opened]:
        if self._resumed:
            return taken_up(self._plan, self._origins, self._report, self._resumed)
        return new_evaluation(self._plan, self._origins, self._report)

    def _unwritten(self, error: OSError) -> str:
        """What to do about files that cannot be written."""
        if isinstance(error, ForeignFileError):
            return f"{error.filename}: {error.strerror}.\nPut the file itself there, and try again."
        directory = self._attempt.directory if self._attempt else self._resumed
        again = going_on(directory.path) if directory else "Use --runs FOLDER on another disk."
        told = too_many_open_files(error) or f"The evaluation cannot be written: {of_system(error)}."
        return f"{told}\n{again}"

    async def _work(self, opened: Opened) -> Evaluation:
        """Take in what the journal knows, and make the calls that are left."""
        directory, manifest, connect = opened
        with EvaluationAttempt(directory, manifest, self._plan) as attempt:
            self._attempt = attempt
            return await worked(attempt, connect, self._report, partial(self._drive, attempt))

    async def _drive(self, attempt: EvaluationAttempt, endpoints: Endpoints | None) -> Evaluation:
        """Make the calls that are left, and close the manifest whatever happens."""
        path, lanes = attempt.directory.path, []
        if endpoints:
            attempt.use(endpoints)
            lanes = endpoints.lanes(self._plan.routes)
        ended: tuple[Status, StoppedBy | None] = ("failed", "error")
        try:
            figures = attempt.progress.figures
            expected = self._plan.forecast
            for event in starting(attempt.directory, expected, "answers", attempt.accounts, lanes, figures):
                self._report(event)
            await attempt.drive(lanes, self._report)
            ended = attempt.finish()
        except asyncio.CancelledError:
            ended = ("stopped", "interrupt")
            raise
        except TemplateError as error:
            why = f"Evaluation stopped: the judge cannot be asked: {error}"
            raise SandboxError(f"{why}\nMend the template, and start a new one.") from error
        except ModelError as error:
            told = [*f"Evaluation stopped: {error}".splitlines()[:2], going_on(path)]
            raise SandboxError("\n".join(told)) from error
        finally:
            manifest = attempt.save_progress(ended)
            self._report(ended_as(manifest, path))
        return Evaluation(attempt.directory, manifest, self._plan.suites)
