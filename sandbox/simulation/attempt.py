"""One process's work on the run directory of a society: its log, its memories and its counts. Makes no call."""

from collections.abc import Iterable, Sequence
from typing import Final

from memory import VectorSpace
from sandbox.calls.accounts import Accounts
from sandbox.calls.budget import Budget, Limits
from sandbox.progress.events import Milestone
from sandbox.runs.directory import RunDirectory
from sandbox.runs.manifest import Manifest, Status, StoppedBy
from sandbox.runs.records import CallKey, Interaction
from sandbox.simulation.log import RunLog
from sandbox.simulation.manifest import progressed, starting_cost
from sandbox.simulation.opening import Shared
from sandbox.simulation.progress import Progress, RoundDone
from sandbox.society.casting import cast_society
from sandbox.society.plan import Plan
from sandbox.society.tally import journal_of
from sandbox.works.attempt import FolderAttempt
from sandbox.works.verdict import StopReason


class SocietyAttempt(FolderAttempt[Manifest, CallKey, Interaction]):
    """Works on the run in `directory`. What is spent is spent of the budget that is `shared` too."""

    things = "interactions"

    def __init__(
        self, directory: RunDirectory, manifest: Manifest, plan: Plan, space: VectorSpace, shared: Shared
    ) -> None:
        self._society: Final = cast_society(plan, space)
        budget = Budget(Limits.of(plan.config), shared.budget)
        accounts = Accounts(plan.prices, budget, starting_cost(plan), shared.rank)
        super().__init__(directory, manifest, plan, self._society, journal_of(directory), accounts)
        self._run: Final = directory
        self._config: Final = plan.config
        self.progress: Final = Progress(self._society.planned)
        self._log: Final = RunLog(directory, plan.world.size)

    def figures(self) -> Iterable[str]:
        """For the panel."""
        return self.progress.figures()

    def begin(self) -> None:
        """No interaction is begun from here on for which there is no money."""
        self._society.affords = self.accounts.share.affords
        self._society.may_begin = self.accounts.share.may_begin

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

    def sync(self) -> None:
        """What agents remember, and its log."""
        for agent in self._society.cast.agents:
            agent.memory.save(self._run.memory_of(agent.number))
        self._log.sync()

    def close(self) -> None:
        """Its log."""
        self._log.close()
