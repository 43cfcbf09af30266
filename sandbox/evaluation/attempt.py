"""One process's work on the folder of an evaluation: its calls, its logs, its summary and its manifest.

Knows the order in which they are told; not how calls are made, nor how the folder comes about.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, aclosing
from types import TracebackType
from typing import Final, Self

from sandbox.calls.accounts import Accounts
from sandbox.calls.attempt import Attempt
from sandbox.calls.budget import Budget, Limits
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.evaluation_journal import journal_of
from sandbox.calls.lane import Lane
from sandbox.calls.manifest import corrected, opened
from sandbox.evaluation.manifest import progressed, starting_cost
from sandbox.evaluation.outcome import Outcome
from sandbox.evaluation.plan import Plan
from sandbox.evaluation.progress import Progress, SuiteDone
from sandbox.evaluation.summing import write_summary
from sandbox.evaluation.work import EvaluationWork
from sandbox.progress.events import Note, Report
from sandbox.progress.working import caught_up, overruns
from sandbox.runs.continued import ContinuedLines
from sandbox.runs.evaluation.directory import EvaluationDirectory
from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.runs.evaluation.records import AskKey
from sandbox.runs.manifest import Status, StoppedBy
from sandbox.runs.own_word import marked


class EvaluationAttempt:
    """Works on the evaluation in `directory`, whose `manifest` it keeps true. Files are closed at the end of `with`."""

    def __init__(self, directory: EvaluationDirectory, manifest: EvaluationManifest, plan: Plan) -> None:
        config = plan.config
        self.directory: Final = directory
        self._manifest = manifest
        self._plan: Final = plan
        self._work: Final = EvaluationWork(plan)
        self.progress: Final = Progress(self._work.planned)
        limits = Limits.of(config)
        self.accounts: Final = Accounts(plan.prices, Budget(limits), starting_cost(plan))
        self.accounts.attempted_before(manifest.attempts[:-1])
        self._calls: Final[Attempt[AskKey, Outcome]] = Attempt(
            self._work,
            plan.routes.count,
            journal_of(directory),
            self.accounts,
            plan.model_of,
            retry=config.retry_failed,
        )
        self._answers: Final = ContinuedLines(directory.answers)
        self._judgements: Final = ContinuedLines(directory.judgements)
        self._told: set[str] = set()
        self._verdict: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as stack:
            stack.callback(self._judgements.close)
            stack.callback(self._answers.close)
            stack.push(self._calls.__exit__)

    @property
    def replaces(self) -> bool:
        """Whether answers of the journal are asked for again."""
        return self._calls.replaces

    def has_work(self) -> bool:
        """Whether there are calls to make, and something to make them with."""
        return self._verdict is None and self._calls.has_affordable_work()

    def stop(self) -> bool:
        """Make no more calls, finish those in flight. False if there is none to wait for, or it was told before."""
        return self._calls.interrupt()

    def use(self, endpoints: Endpoints) -> None:
        """Keep what was found out of `endpoints`, which this attempt asks."""
        models = opened(self._manifest.models, self._plan.routes, endpoints)
        self._manifest = self._manifest.model_copy(update={"models": models})

    async def catch_up(self, report: Report) -> None:
        """Make the calls that the journal answers. Raises `SandboxError` where journal, logs and plan disagree."""
        known, replaced = self._calls.known_calls, self._calls.replaced
        if replaced is not None:
            self.save_progress()  # a retry that is killed from now on goes on as one
        for batch in self._calls.catch_up():
            self._keep(batch)
            await asyncio.sleep(0)
        self._keep(list(self._work.release()))  # what needs no call
        dropped = self._answers.caught_up() + self._judgements.caught_up()
        self._manifest = corrected(self._manifest, self.accounts, self._work.ready)
        done = f"{self._work.released} answers"
        for note in caught_up(known, done, self._calls.replaced, dropped):
            report(note)

    async def drive(self, lanes: Sequence[Lane], report: Report) -> None:
        """Make the calls that are left, and write what they come to as it is finished."""
        self.save_progress()
        if self.has_work():
            self._told = set(self.accounts.overruns)
            async with aclosing(self._calls.drive(lanes)) as batches:
                async for batch in batches:
                    done = self._keep(batch)
                    if done or self._calls.is_due():
                        self.save_progress()
                    for each in done:
                        report(each)
                    for note in overruns(self.accounts, self._told, self._plan.config.max_tokens):
                        report(note)
        if self._verdict:
            report(Note(self._verdict, warning=True))

    def finish(self) -> tuple[Status, StoppedBy | None]:
        """Write what it came to; whether it is complete."""
        self._answers.sync()
        self._judgements.sync()
        write_summary(Evaluation(self.directory, self._manifest, self._plan.suites))
        if self._work.released == self._work.planned:
            self._calls.complete()
            return "complete", None
        return "stopped", self._calls.stopped_by or "budget"

    def save_progress(self, ended: tuple[Status, StoppedBy | None] | None = None) -> EvaluationManifest:
        """Write how far it came, and with `ended` that this attempt is over."""
        told = progressed(self._manifest, self.accounts, self.progress, ended)
        manifest = marked(told, self.directory.path)
        self.directory.write_manifest(manifest)
        self._calls.saved()
        return manifest

    def _keep(self, batch: Iterable[Outcome]) -> list[SuiteDone]:
        outcomes = list(batch)
        for outcome in outcomes:
            self.progress.released(outcome)
        self._judge()
        self._answers.append([each.answer for each in outcomes])
        self._judgements.append([judgement for each in outcomes for judgement in each.judgements])
        ended = {each.answer.suite for each in outcomes}
        return [self.progress.by_suite[name] for name in sorted(ended) if self._is_whole(name)]

    def _is_whole(self, suite: str) -> bool:
        return self.progress.by_suite[suite].answers == self._plan.planned_of[suite]

    def _judge(self) -> None:
        """Stop an evaluation that goes badly, unless nothing is left to save or it is stopped already."""
        if self.progress.done == self.progress.planned or self._verdict or self._calls.stopped_by:
            return
        self._verdict = self.progress.verdict(self._plan.config.max_failures)
        if self._verdict:
            self._calls.stop("failures")
