"""Two ways to an evaluation that can be worked on: a new one, or one that is taken up again. Asks no model."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

from sandbox.calls.endpoints import Endpoints
from sandbox.errors import UsageError
from sandbox.evaluation.manifest import continued, first_manifest
from sandbox.evaluation.plan import Plan
from sandbox.progress.events import Report
from sandbox.runs.clock import fresh_run_id
from sandbox.runs.directory import check_run_id
from sandbox.runs.evaluation.directory import EvaluationDirectory
from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.works.opening import FindOut, Opened, check_same_hosts, new_folder, same_folder

OpenedEvaluation = AbstractAsyncContextManager[Opened[EvaluationManifest, EvaluationDirectory]]


def new_evaluation(plan: Plan, origins: Mapping[str, str], report: Report) -> OpenedEvaluation:
    """A new folder, before the first call. Raises `SandboxError`."""
    run_id = plan.config.run_id or fresh_run_id(datetime.now(UTC))
    check_run_id(run_id)

    def begin(draft: EvaluationDirectory, endpoints: Endpoints) -> EvaluationManifest:
        draft.keep(plan.suites)
        if plan.answers_of:
            draft.keep_stored(answer for _, answer in sorted(plan.stored.items()))
        for file in (draft.calls, draft.answers, draft.judgements):
            file.touch()
        return first_manifest(plan, origins, run_id, endpoints)

    return new_folder(Path(plan.config.runs, run_id), EvaluationDirectory, plan, begin, report, _finding_out(plan))


def taken_up(
    plan: Plan, origins: Mapping[str, str], report: Report, directory: EvaluationDirectory
) -> OpenedEvaluation:
    """The evaluation in `directory`, if this is still the same and nobody works on it. Raises `SandboxError`."""

    def take_up(own: EvaluationDirectory) -> tuple[EvaluationManifest, EvaluationManifest]:
        manifest = own.read_manifest()
        check_same(plan, manifest)
        own.repair()
        return manifest, continued(manifest, plan, origins)

    def said_by(name: str) -> str:
        """A judge can be asked elsewhere than the model."""
        return "judge_base_url" if name == plan.judge and plan.config.judge_base_url else "base_url"

    def hosts(before: EvaluationManifest) -> None:
        check_same_hosts(plan, before, origins, said_by)

    return same_folder(directory, plan, take_up, hosts, report, _finding_out(plan))


def _finding_out(plan: Plan) -> FindOut:
    """Whether who answers gives log probabilities, where a survey wants them."""

    async def find_out(endpoints: Endpoints) -> None:
        if plan.likely_of:
            await endpoints.check_logprobs(plan.routes, plan.likely_of)

    return find_out


def check_same(plan: Plan, manifest: EvaluationManifest) -> None:
    """Raises `UsageError` where `plan` is not what the evaluation of `manifest` asked."""
    if plan.fingerprint != manifest.fingerprint:
        raise UsageError(
            f"Evaluation {manifest.run_id} cannot be continued or replayed: its suites, or what it was asked with, "
            "have changed since.\nStart a new one."
        )
