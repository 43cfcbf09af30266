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
from sandbox.casting import cast_society
from sandbox.dispatch import Dispatcher
from sandbox.events import Event, Note, RoundDone
from sandbox.journal import Journal, KnownCalls
from sandbox.lanes import Lanes
from sandbox.manifest import Manifest, Status, StoppedBy
from sandbox.plan import Plan
from sandbox.prices import Prices
from sandbox.records import Interaction
from sandbox.replay import replay
from sandbox.run_directory import RunDirectory
from sandbox.run_log import RunLog
from sandbox.run_manifest import corrected, progressed
from sandbox.tally import Tally

SAVE_SECONDS: Final = 1.0


class Attempt:
    """Works on the run in `directory`, whose `manifest` it keeps true. Files are closed at the end of `with`."""

    def __init__(
        self, directory: RunDirectory, manifest: Manifest, plan: Plan, space: VectorSpace, lanes: Lanes
    ) -> None:
        self.directory: Final = directory
        self._manifest = manifest
        self._saved = time.monotonic()
        self._lanes: Final = lanes
        self._society: Final = cast_society(plan, space, lanes.number)
        self.tally: Final = Tally(planned=self._society.planned, prices=Prices.bundled())
        self.tally.earlier_seconds = sum(attempt.wall_seconds for attempt in manifest.attempts[:-1])
        self._known: Final = KnownCalls(directory.calls)
        self._journal: Final = Journal(directory.calls)
        self._log: Final = RunLog(directory, plan.world.size)
        self._dispatcher: Dispatcher | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._journal.close()
        self._log.close()

    @property
    def has_work(self) -> bool:
        """Whether calls are left to make."""
        return self._society.has_ready

    def stop(self) -> bool:
        """Make no more calls, finish those in flight. False if there is none to wait for, or it was stopped before."""
        if self._dispatcher is None or self._dispatcher.stopping:
            return False
        self._dispatcher.stop()
        return True

    async def catch_up(self, report: Callable[[Event], None]) -> None:
        """Make the calls that the journal answers. Raises `SandboxError` where journal, log and plan disagree."""
        known = len(self._known)
        for batch in replay(self._society, self._lanes.count, self._known, self.tally):
            self._keep(batch)
            await asyncio.sleep(0)
        if dropped := self._log.caught_up(known):
            report(Note(f"{dropped} log lines go beyond the journal: they are derived again.", warning=True))
        self._manifest = corrected(self._manifest, self.tally)
        if known:
            report(Note(f"{known} calls and {self._society.released} interactions are there already."))

    async def drive(self, report: Callable[[Event], None]) -> None:
        """Make the calls that are left, and write what they come to as it is finished."""
        self._dispatcher = Dispatcher(self._society, self._lanes.lanes, self._journal, self.tally)
        async with aclosing(self._dispatcher.run()) as batches:
            async for batch in batches:
                events = self._keep(batch)
                if events or time.monotonic() - self._saved > SAVE_SECONDS:
                    self.save_progress()
                for event in events:
                    report(event)

    def finish(self) -> tuple[Status, StoppedBy | None]:
        """Save what agents remember; whether the run is complete."""
        for agent in self._society.cast.agents:
            agent.memory.save(self.directory.memory / f"agent-{agent.number:03d}")
        self._log.sync()
        whole = self._society.released == self._society.planned
        return ("complete", None) if whole else ("stopped", "interrupt")

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

    def _keep(self, batch: list[Interaction]) -> list[RoundDone]:
        for interaction in batch:
            self.tally.released(interaction)
        return [RoundDone(summary) for summary in self._log.write(batch)]
