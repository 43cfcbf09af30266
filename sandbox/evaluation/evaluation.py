"""An evaluation from plan to complete folder, new or taken up again. Reports events; prints nothing."""

from collections.abc import Mapping
from typing import Final

from sandbox.evaluation.attempt import EvaluationAttempt
from sandbox.evaluation.opening import OpenedEvaluation, new_evaluation, taken_up
from sandbox.evaluation.plan import Plan
from sandbox.evaluation.words import ended_as
from sandbox.progress.events import Report
from sandbox.runs.evaluation.directory import EvaluationDirectory
from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.evaluation.words import going_on
from sandbox.works.run import FolderRun, Words

_WORDS: Final = Words("evaluation", going_on, ended_as)


def evaluation_run(
    plan: Plan, origins: Mapping[str, str], report: Report, resumed: EvaluationDirectory | None = None
) -> FolderRun[EvaluationManifest, EvaluationDirectory]:
    """What makes the evaluation of `plan`, or goes on with the one in `resumed`.

    `origins` says where each option came from; `report` is told every event as it happens.
    """

    def opened() -> OpenedEvaluation:
        return taken_up(plan, origins, report, resumed) if resumed else new_evaluation(plan, origins, report)

    def attempt(directory: EvaluationDirectory, manifest: EvaluationManifest) -> EvaluationAttempt:
        return EvaluationAttempt(directory, manifest, plan)

    return FolderRun(_WORDS, plan, report, opened, attempt, resumed)
