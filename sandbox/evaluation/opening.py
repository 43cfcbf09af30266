"""Two ways to an evaluation that can be worked on: a new one, which appears whole, or one that is taken up again.

Each is opened for as long as its block lasts: nobody else works on it then. Asks no model but for probes.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from agents.endpoints.address import AddressError, read_address
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.routes import addresses
from sandbox.errors import UsageError
from sandbox.evaluation.manifest import continued, first_manifest
from sandbox.evaluation.plan import Plan
from sandbox.options.option import flag_of
from sandbox.progress.events import Note, Report
from sandbox.runs.clock import fresh_run_id
from sandbox.runs.directory import check_run_id, create
from sandbox.runs.evaluation.directory import EvaluationDirectory
from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.locking import lock
from sandbox.runs.own_mark import trouble
from sandbox.runs.own_word import marked


class Opened(NamedTuple):
    """An evaluation that can be worked on. `connect` opens its endpoints, checked and probed."""

    directory: EvaluationDirectory
    manifest: EvaluationManifest
    connect: Callable[[], AbstractAsyncContextManager[Endpoints]]


@asynccontextmanager
async def new_evaluation(plan: Plan, origins: Mapping[str, str], report: Report) -> AsyncIterator[Opened]:
    """A new folder: endpoints checked and probed, nothing asked yet. Raises `SandboxError`."""
    run_id = plan.config.run_id or fresh_run_id(datetime.now(UTC))
    check_run_id(run_id)
    with create(Path(plan.config.runs), run_id, EvaluationDirectory) as new:
        async with _connected(plan, report) as endpoints:
            manifest = first_manifest(plan, origins, run_id, endpoints)
            new.draft.keep(plan.suites)
            if plan.answers_of:
                new.draft.keep_stored(answer for _, answer in sorted(plan.stored.items()))
            own = marked(manifest, Path(plan.config.runs, run_id))
            if own.mark is None and manifest.models.endpoints:
                lacking = f"This evaluation gets no mark, so --resume will ask where to ask. {trouble() or ''}"
                report(Note(lacking, warning=True))
            new.draft.write_manifest(own)
            for file in (new.draft.calls, new.draft.answers, new.draft.judgements):
                file.touch()
            directory = new.publish()
            with lock(directory):
                yield Opened(directory, manifest, lambda: nullcontext(endpoints))


@asynccontextmanager
async def taken_up(
    plan: Plan, origins: Mapping[str, str], report: Report, directory: EvaluationDirectory
) -> AsyncIterator[Opened]:
    """The evaluation in `directory`, if this is still the same and nobody works on it. Raises `SandboxError`."""
    with lock(directory):
        manifest = directory.read_manifest()
        check_same(plan, manifest)
        directory.repair()

        @asynccontextmanager
        async def connect() -> AsyncIterator[Endpoints]:
            check_same_hosts(plan, manifest, origins)
            async with _connected(plan, report) as endpoints:
                yield endpoints

        yield Opened(directory, continued(manifest, plan, origins), connect)


def check_same(plan: Plan, manifest: EvaluationManifest) -> None:
    """Raises `UsageError` where `plan` is not what the evaluation of `manifest` asked."""
    if plan.fingerprint != manifest.fingerprint:
        raise UsageError(
            f"Evaluation {manifest.run_id} cannot be continued or replayed: its suites, or what it was asked with, "
            "have changed since.\nStart a new one."
        )


def check_same_hosts(plan: Plan, manifest: EvaluationManifest, origins: Mapping[str, str]) -> None:
    """Raises `UsageError` where `plan` turns to a host that was never asked, and no flag agrees to it."""
    for name, found in addresses(plan.routes).items():
        known = {_origin(text) for text in manifest.models.endpoints.get(name, ())}
        strange = next((address for address in found if known and address.origin not in known), None)
        option = _said_by(plan, name)
        if strange and origins.get(option) != "flag":
            before = ", ".join(manifest.models.endpoints[name])
            raise UsageError(
                f"Evaluation {manifest.run_id} asked {name} at {before}, and would now ask it at {strange}.\n"
                f"If that is what you want, say so: {flag_of(option)} {strange}"
            )


def _said_by(plan: Plan, name: str) -> str:
    """The option that says where the model of this name is asked."""
    judges_elsewhere = name == plan.judge and plan.config.judge_base_url
    return "judge_base_url" if judges_elsewhere else "base_url"


def _origin(text: str) -> str:
    try:
        return read_address(text).origin
    except AddressError:
        return text


@asynccontextmanager
async def _connected(plan: Plan, report: Report) -> AsyncIterator[Endpoints]:
    """The endpoints of `plan`, probed. Raises `SandboxError`."""
    async with Endpoints(plan.routes, plan.limits, lambda text: report(Note(text))) as endpoints:
        await endpoints.probe(plan.routes)
        for warning in endpoints.warnings:
            report(Note(warning, warning=True))
        yield endpoints
