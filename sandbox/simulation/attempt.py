"""One process's work on a run directory that is there: what the journal knows, the calls that are left, the end.

Knows journal, log, tally and society, and the order in which they are told; not how a run directory comes about.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from types import TracebackType
from typing import Final, Self

from memory import VectorSpace
from sandbox.calls.budget import Budget
from sandbox.calls.dispatch import Dispatcher
from sandbox.calls.journal import Journal, KnownCalls, line_outcome
from sandbox.calls.lanes import Lanes
from sandbox.calls.replay import replay
from sandbox.calls.retry_failed import RetryFailed
from sandbox.calls.spending import Amount
from sandbox.calls.tally import Tally
from sandbox.progress.events import Event, Note, RoundDone
from sandbox.runs.directory import RunDirectory
from sandbox.runs.manifest import Manifest, Status, StoppedBy
from sandbox.runs.records import Interaction
from sandbox.simulation.log import RunLog
from sandbox.simulation.manifest import corrected, progressed, starting_cost
from sandbox.simulation.verdict import Verdict, verdict
from sandbox.society.casting import cast_society
from sandbox.society.plan import Plan

SAVE_SECONDS: Final = 1.0


class Attempt:
    """Works on the run in `directory`, whose `manifest` it keeps true. Files are closed at the end of `with`."""

    def __init__(
        self, directory: RunDirectory, manifest: Manifest, plan: Plan, space: VectorSpace, lanes: Lanes
    ) -> None:
        self.directory: Final = directory
        self._manifest = manifest
        self._saved = time.monotonic()
        self._plan: Final = plan
        self._lanes: Final = lanes
        self._society: Final = cast_society(plan, space, lanes.number)
        self.tally: Final = Tally(self._society.planned, plan.prices, starting_cost(plan))
        self._budget: Final = Budget(plan.config, self.tally)
        self._retry: Final = RetryFailed(directory, self.tally) if plan.config.retry_failed else None
        self._known: Final = KnownCalls(directory, self._retry.replace if self._retry else None)
        self._has_failures: Final = any(line.error for line in self._known)
        self._journal: Final = Journal(directory.calls)
        self._log: Final = RunLog(directory, plan.world.size)
        self._dispatcher: Dispatcher | None = None
        self._interrupted = False
        self._verdict: Verdict | None = None
        self._take_over()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._journal.close()
        self._log.close()
        if self._retry:
            self._retry.close()

    @property
    def replaces(self) -> bool:
        """Whether answers of the journal are asked for again."""
        return self._retry is not None and self._has_failures

    @property
    def has_work(self) -> bool:
        """Whether there are calls to make, and something to make them with."""
        return self._society.has_ready and self._verdict is None and self._is_affordable()

    def stop(self) -> bool:
        """Make no more calls, finish those in flight. False if there is none to wait for, or it was told before."""
        if self._dispatcher is None or self._interrupted:
            return False
        self._interrupted = True
        self._dispatcher.stop("interrupt")
        return True

    async def catch_up(self, report: Callable[[Event], None]) -> None:
        """Make the calls that the journal answers. Raises `SandboxError` where journal, log and plan disagree."""
        known = len(self._known)
        if self._retry:
            self.save_progress()  # a retry that is killed from now on goes on as one
        for batch in replay(self._society, self._lanes.count, self._known, self.tally):
            self._keep(batch)
            await asyncio.sleep(0)
        if self._retry is None:
            self._known.refuse_unused()
        dropped = self._log.caught_up(known)
        self._manifest = corrected(self._manifest, self.tally, self._society.ready)
        if known:
            report(Note(f"{known} calls and {self._society.released} interactions are there already."))
        if self._retry:
            report(Note(f"{self._retry.replaced} calls that failed are asked again."))
        elif dropped:
            report(Note(f"{dropped} log lines go beyond the journal: they are derived again.", warning=True))

    async def drive(self, report: Callable[[Event], None]) -> None:
        """Make the calls that are left, and write what they come to as it is finished."""
        # Before the first call: a journal with calls of more rounds than the manifest has could not be taken up again.
        self.save_progress()
        self._dispatcher = Dispatcher(self._society, self._lanes.lanes, self._journal, self._known, self._budget)
        if self.has_work:
            await self._drive(self._dispatcher, report)
        if self._verdict:
            report(Note(self._verdict.text, warning=True))

    async def _drive(self, dispatcher: Dispatcher, report: Callable[[Event], None]) -> None:
        lost = self.tally.lost
        async with aclosing(dispatcher.run()) as batches:
            async for batch in batches:
                events = self._keep(batch)
                # What was lost stands nowhere but in the manifest.
                if events or self.tally.lost != lost or time.monotonic() - self._saved > SAVE_SECONDS:
                    lost = self.tally.lost
                    self.save_progress()
                for event in events:
                    report(event)

    def finish(self) -> tuple[Status, StoppedBy | None]:
        """Save what agents remember; whether the run is complete."""
        for agent in self._society.cast.agents:
            agent.memory.save(self.directory.memory / f"agent-{agent.number:03d}")
        self._log.sync()
        if self._society.released == self._society.planned:
            if self._retry:
                self._retry.complete(self._known)
            return "complete", None
        return "stopped", self._stopped_by()

    def save_progress(self, ended: tuple[Status, StoppedBy | None] | None = None) -> Manifest:
        """Write how far the run came, and with `ended` that this attempt is over."""
        manifest = progressed(self._manifest, self.tally, ended)
        self.directory.write_manifest(manifest)
        self._saved = time.monotonic()
        return manifest

    def use(self, structured: Mapping[str, str]) -> None:
        """Keep the levels of structured output that were found out for this attempt."""
        models = self._manifest.models.model_copy(update={"structured": dict(structured)})
        self._manifest = self._manifest.model_copy(update={"models": models})

    def _take_over(self) -> None:
        """Count what earlier attempts did: all of the journal was paid, whether it is needed again or not."""
        for line in (*self._known, *self._known.superseded):
            self.tally.answered_before(line.stage, self._plan.model_of(line.key), line_outcome(line))
        for line in self._known.superseded:
            self.tally.replaced(line.stage)
        for earlier in self._manifest.attempts[:-1]:
            self.tally.earlier_seconds += earlier.wall_seconds
            lost = earlier.lost
            self.tally.lost_before = self.tally.lost_before.plus(Amount(lost.calls, lost.tokens, lost.cost_usd or 0.0))

    def _is_affordable(self) -> bool:
        """Whether the most urgent call fits into the budget."""
        key = next(filter(None, (self._society.next_call(lane) for lane in range(self._lanes.count))), None)
        if key is None:
            return False
        hold = self._budget.hold(self._society.request(key))
        self._society.enqueue(key)
        if hold:
            hold.release()
        return hold is not None

    def _stopped_by(self) -> StoppedBy:
        """The first reason why calls are left."""
        if self._dispatcher and self._dispatcher.stopped_by:
            return self._dispatcher.stopped_by
        return self._verdict.by if self._verdict else "budget"

    def _judge(self) -> None:
        """Stop a run that goes badly, unless nothing is left to save or it is stopped already."""
        over = self.tally.complete + self.tally.failed == self.tally.planned
        if over or self._verdict or (self._dispatcher and self._dispatcher.stopped_by):
            return
        self._verdict = verdict(self.tally, self._plan.config)
        if self._verdict and self._dispatcher:
            self._dispatcher.stop(self._verdict.by)

    def _keep(self, batch: list[Interaction]) -> list[RoundDone]:
        for interaction in batch:
            self.tally.released(interaction)
            self._judge()
        return [RoundDone(summary) for summary in self._log.write(batch)]
