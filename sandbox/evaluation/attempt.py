"""One process's work on the folder of an evaluation: its logs, its summary and its counts. Makes no call."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Final

from sandbox.calls.accounts import Accounts
from sandbox.calls.budget import Budget, Limits
from sandbox.calls.evaluation_journal import journal_of
from sandbox.evaluation.manifest import progressed, starting_cost
from sandbox.evaluation.outcome import Outcome
from sandbox.evaluation.plan import Plan
from sandbox.evaluation.progress import Progress
from sandbox.evaluation.summing import write_summary
from sandbox.evaluation.work import EvaluationWork
from sandbox.progress.events import Milestone
from sandbox.runs.continued import ContinuedLines
from sandbox.runs.evaluation.directory import EvaluationDirectory
from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.runs.evaluation.records import AskKey
from sandbox.runs.manifest import Status, StoppedBy
from sandbox.works.attempt import FolderAttempt
from sandbox.works.verdict import StopReason, of_failures


class EvaluationAttempt(FolderAttempt[EvaluationManifest, AskKey, Outcome]):
    """Works on the evaluation in `directory`."""

    things = "answers"

    def __init__(self, directory: EvaluationDirectory, manifest: EvaluationManifest, plan: Plan) -> None:
        work = EvaluationWork(plan)
        accounts = Accounts(plan.prices, Budget(Limits.of(plan.config)), starting_cost(plan))
        super().__init__(directory, manifest, plan, work, journal_of(directory), accounts)
        self._evaluation: Final = Evaluation(directory, manifest, plan.suites)
        self._plan_of: Final = plan
        self.progress: Final = Progress(work.planned)
        self._answers: Final = ContinuedLines(directory.answers)
        self._judgements: Final = ContinuedLines(directory.judgements)

    def figures(self) -> Iterable[str]:
        """For the panel."""
        return self.progress.figures()

    def keep(self, batch: Sequence[Outcome]) -> list[Milestone]:
        """Count and write outcomes; the suites that are whole thereby."""
        for outcome in batch:
            self.progress.released(outcome)
        self._answers.append([each.answer for each in batch])
        self._judgements.append([judgement for each in batch for judgement in each.judgements])
        ended = {each.answer.suite for each in batch}
        return [self.progress.by_suite[name] for name in sorted(ended) if self._is_whole(name)]

    def cut(self) -> int:
        """Of both logs."""
        return self._answers.caught_up() + self._judgements.caught_up()

    def judged(self) -> StopReason | None:
        """By failures alone: what is missing is judged at the end, for each suite apart."""
        done = self.progress
        return of_failures(done.failed, done.done, done.kinds, self.things, self._plan_of.config.max_failures)

    def progressed(self, ended: tuple[Status, StoppedBy | None] | None) -> EvaluationManifest:
        """As its progress says."""
        return progressed(self.manifest, self.accounts, self.progress, ended)

    def sync(self) -> None:
        """Both logs, and the summary."""
        self._answers.sync()
        self._judgements.sync()
        write_summary(self._evaluation)

    def close(self) -> None:
        """Both logs."""
        with ExitStack() as stack:
            stack.callback(self._judgements.close)
            stack.callback(self._answers.close)

    def _is_whole(self, suite: str) -> bool:
        return self.progress.by_suite[suite].answers == self._plan_of.planned_of[suite]
