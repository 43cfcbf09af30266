"""One process's work on the run directory of a society: its calls, log, progress, memories and manifest.

Knows the order in which they are told; not how calls are made, nor how a run directory comes about.
"""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack, aclosing
from types import TracebackType
from typing import Final, Self

from memory import VectorSpace
from sandbox.calls.accounts import Accounts
from sandbox.calls.attempt import Attempt
from sandbox.calls.budget import Budget, Limits
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.lane import Lane
from sandbox.calls.manifest import corrected, opened
from sandbox.progress.events import Note, Report
from sandbox.progress.working import caught_up, overruns
from sandbox.runs.directory import RunDirectory
from sandbox.runs.manifest import Manifest, Status, StoppedBy
from sandbox.runs.own_word import marked
from sandbox.runs.records import CallKey, Interaction
from sandbox.simulation.log import RunLog
from sandbox.simulation.manifest import progressed, starting_cost
from sandbox.simulation.opening import Shared
from sandbox.simulation.progress import Progress, RoundDone
from sandbox.society.casting import cast_society
from sandbox.society.plan import Plan
from sandbox.society.tally import journal_of
from sandbox.works.verdict import StopReason


class SocietyAttempt:
    """Works on the run in `directory`, whose `manifest` it keeps true. Files are closed at the end of `with`.

    What is spent is spent of the budget that is `shared` too.
    """

    def __init__(
        self,
        directory: RunDirectory,
        manifest: Manifest,
        plan: Plan,
        space: VectorSpace,
        shared: Shared,
    ) -> None:
        config = plan.config
        self.directory: Final = directory
        self._manifest = manifest
        self._plan: Final = plan
        self._society: Final = cast_society(plan, space)
        self.progress: Final = Progress(self._society.planned)
        limits = Limits.of(config)
        self.accounts: Final = Accounts(plan.prices, Budget(limits, shared.budget), starting_cost(plan), shared.rank)
        self.accounts.attempted_before(manifest.attempts[:-1])
        self._calls: Final[Attempt[CallKey, Interaction]] = Attempt(
            self._society,
            plan.routes.count,
            journal_of(directory),
            self.accounts,
            plan.model_of,
            retry=config.retry_failed,
        )
        self._log: Final = RunLog(directory, plan.world.size)
        self._told: set[str] = set()
        self._verdict: StopReason | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as stack:
            stack.callback(self._log.close)
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

    async def catch_up(self, report: Report) -> None:
        """Make the calls that the journal answers. Raises `SandboxError` where journal, log and plan disagree."""
        known, replaced = self._calls.known_calls, self._calls.replaced
        if replaced is not None:
            self.save_progress()  # a retry that is killed from now on goes on as one
        for batch in self._calls.catch_up():
            self._keep(batch)
            await asyncio.sleep(0)
        dropped = self._log.caught_up(known)
        self._manifest = corrected(self._manifest, self.accounts, self._society.ready)
        done = f"{self._society.released} interactions"
        for note in caught_up(known, done, self._calls.replaced, dropped):
            report(note)

    async def drive(self, lanes: Sequence[Lane], report: Report) -> None:
        """Make the calls that are left, and write what they come to as it is finished."""
        # Before the first call: a journal with calls of more rounds than the manifest has could not be taken up again.
        self.save_progress()
        if self.has_work():
            self._told = set(self.accounts.overruns)  # at the end they are told again
            self._society.affords = self.accounts.share.affords
            self._society.may_begin = self.accounts.share.may_begin
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
            report(Note(self._verdict.text, warning=True))

    def finish(self) -> tuple[Status, StoppedBy | None]:
        """Save what agents remember; whether the run is complete."""
        for agent in self._society.cast.agents:
            agent.memory.save(self.directory.memory_of(agent.number))
        self._log.sync()
        if self._society.released == self._society.planned:
            self._calls.complete()
            return "complete", None
        return "stopped", self._stopped_by()

    def save_progress(self, ended: tuple[Status, StoppedBy | None] | None = None) -> Manifest:
        """Write how far the run came, and with `ended` that this attempt is over."""
        manifest = marked(progressed(self._manifest, self.accounts, self.progress, ended), self.directory.path)
        self.directory.write_manifest(manifest)
        self._calls.saved()
        return manifest

    def use(self, endpoints: Endpoints) -> None:
        """Keep what was found out of `endpoints`, which this attempt asks."""
        models = opened(self._manifest.models, self._plan.routes, endpoints)
        self._manifest = self._manifest.model_copy(update={"models": models})

    def _stopped_by(self) -> StoppedBy:
        """The first reason why calls are left."""
        return self._calls.stopped_by or (self._verdict.by if self._verdict else "budget")

    def _judge(self) -> None:
        """Stop a run that goes badly, unless nothing is left to save or it is stopped already."""
        if self.progress.done == self.progress.planned or self._verdict or self._calls.stopped_by:
            return
        self._verdict = self.progress.verdict(self._plan.config)
        if self._verdict:
            self._calls.stop(self._verdict.by)

    def _keep(self, batch: list[Interaction]) -> list[RoundDone]:
        for interaction in batch:
            self.progress.released(interaction)
            self._judge()
        return [RoundDone(*done) for done in self._log.write(batch)]
