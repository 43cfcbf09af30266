"""One process's work on the folder of a rating: its log and its counts. Makes no call."""

from collections.abc import Iterable, Sequence
from typing import Final

from sandbox.calls.accounts import Accounts
from sandbox.calls.budget import Budget, Limits
from sandbox.calls.rating_journal import journal_of
from sandbox.progress.events import Milestone
from sandbox.rating.manifest import progressed, starting_cost
from sandbox.rating.plan import Plan
from sandbox.rating.progress import Progress
from sandbox.rating.work import RatingWork
from sandbox.runs.continued import ContinuedLines
from sandbox.runs.manifest import Status, StoppedBy
from sandbox.runs.rating.directory import RatingDirectory
from sandbox.runs.rating.manifest import RatingManifest
from sandbox.runs.rating.records import RatedInteraction, RatingKey
from sandbox.works.attempt import FolderAttempt
from sandbox.works.verdict import StopReason, of_failures, of_missing


class RatingAttempt(FolderAttempt[RatingManifest, RatingKey, RatedInteraction]):
    """Works on the rating in `directory`."""

    things = "interactions"

    def __init__(self, directory: RatingDirectory, manifest: RatingManifest, plan: Plan) -> None:
        work = RatingWork(plan)
        accounts = Accounts(plan.prices, Budget(Limits.of(plan.config)), starting_cost(plan))
        super().__init__(directory, manifest, plan, work, journal_of(directory), accounts)
        self._config: Final = plan.config
        self.progress: Final = Progress(work.planned)
        self._scores: Final = ContinuedLines(directory.scores)

    def figures(self) -> Iterable[str]:
        """For the panel."""
        return self.progress.figures()

    def keep(self, batch: Sequence[RatedInteraction]) -> list[Milestone]:
        """Count and write records; there are no parts to be done."""
        for record in batch:
            self.progress.released(record)
        self._scores.append(batch)
        return []

    def cut(self) -> int:
        """Of its log."""
        return self._scores.caught_up()

    def judged(self) -> StopReason | None:
        """By failures, and by missing ratings."""
        done, config = self.progress, self._config
        failures = of_failures(done.failed, done.done, done.failures, self.things, config.max_failures)
        return failures or of_missing(done.missing, done.ratings, config.max_missing)

    def progressed(self, ended: tuple[Status, StoppedBy | None] | None) -> RatingManifest:
        """As its progress says."""
        return progressed(self.manifest, self.accounts, self.progress, ended)

    def sync(self) -> None:
        """Its log."""
        self._scores.sync()

    def close(self) -> None:
        """Its log."""
        self._scores.close()
