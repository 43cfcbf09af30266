"""One process's work on the run directory of a society: its log, its memories and its counts. Makes no call."""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from memory import VectorSpace
from sandbox.calls.accounts import Accounts
from sandbox.calls.budget import Budget, Limits
from sandbox.calls.replay import BATCH
from sandbox.progress.events import Milestone
from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import read_lines
from sandbox.runs.manifest import Manifest, Status, StoppedBy
from sandbox.runs.records import CallKey, Interaction
from sandbox.simulation.log import RunLog
from sandbox.simulation.manifest import progressed, starting_cost
from sandbox.simulation.opening import Shared
from sandbox.simulation.progress import Progress, RoundDone
from sandbox.simulation.verified import KeptVerification
from sandbox.society.casting import cast_society
from sandbox.society.plan import Plan
from sandbox.society.tally import journal_of
from sandbox.works.attempt import FolderAttempt
from sandbox.works.verdict import StopReason

# As long as it takes to make the calls that are derived again where a kill cut an attempt off.
VERIFIED_SECONDS: Final = 10.0


class SocietyAttempt(FolderAttempt[Manifest, CallKey, Interaction]):
    """Works on the run in `directory`. What is spent is spent of the budget that is `shared` too."""

    things = "interactions"

    def __init__(
        self, directory: RunDirectory, manifest: Manifest, plan: Plan, space: VectorSpace, shared: Shared
    ) -> None:
        self._verification: Final = KeptVerification(directory, manifest.fingerprint, plan, space)
        before = None if plan.config.retry_failed else self._verification.before()
        self._first: Final = before.rounds if before else 0
        self._society: Final = cast_society(plan, space, self._first)
        budget = Budget(Limits.of(plan.config), shared.budget)
        accounts = Accounts(plan.prices, budget, starting_cost(plan), shared.rank)
        super().__init__(directory, manifest, plan, self._society, journal_of(directory), accounts)
        self._run: Final = directory
        self._config: Final = plan.config
        self.progress: Final = Progress(self._society.planned)
        self._log: Final = RunLog(directory, plan.world.size)
        self._verified_at = -math.inf
        if before:
            for key in self.calls.pass_over(before.journal.bytes, self._is_verified):
                self._society.needs.asked_before(key)

    def figures(self) -> Iterable[str]:
        """For the panel."""
        return self.progress.figures()

    def begin(self) -> None:
        """No interaction is begun from here on for which there is no money."""
        self._society.affords = self.accounts.share.affords
        self._society.may_begin = self.accounts.share.may_begin
        self._society.calls.in_turn = True

    def earlier(self) -> Iterator[Sequence[Interaction]]:
        """The rounds that an earlier attempt verified, out of the log."""
        lines = islice(read_lines(self._run.interactions, Interaction), self._first * self._society.world.size)
        while batch := list(islice(lines, BATCH)):
            for interaction in batch:
                self._society.over(interaction)
            yield batch

    def keep(self, batch: Sequence[Interaction]) -> list[Milestone]:
        """Count, judge and write interactions; the rounds that are whole thereby."""
        for interaction in batch:
            self.progress.released(interaction)
            self.judge()
        return [RoundDone(*done) for done in self._log.write(batch)]

    def cut(self) -> int:
        """Of its log. Raises `SandboxError` for a log without a journal."""
        return self._log.caught_up(self.calls.known_calls)

    def judged(self) -> StopReason | None:
        """By failures, and by missing ratings."""
        return self.progress.verdict(self._config)

    def progressed(self, ended: tuple[Status, StoppedBy | None] | None) -> Manifest:
        """As its progress says."""
        return progressed(self.manifest, self.accounts, self.progress, ended)

    def save_progress(self, ended: tuple[Status, StoppedBy | None] | None = None) -> Manifest:
        """And now and then what is verified by now."""
        manifest = super().save_progress(ended)
        if ended or time.monotonic() - self._verified_at > VERIFIED_SECONDS:
            self._verified_at = time.monotonic()
            self._verification.keep(*self._log.whole, self.calls.verified)
        return manifest

    def sync(self) -> None:
        """What agents remember, and its log."""
        for agent in self._society.cast.agents:
            agent.memory.save(self._run.memory_of(agent.number))
        self._log.sync()

    def close(self) -> None:
        """Its log."""
        self._log.close()

    def _is_verified(self, key: CallKey) -> bool:
        return key.round < self._first
