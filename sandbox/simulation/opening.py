"""Two ways to a run that can be worked on: a new one, which appears whole, or one that is taken up again.

Each is opened for as long as its block lasts: nobody else works on it then. Asks no model but for probes.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from memory import CachedEmbedder, VectorSpace
from sandbox.calls.budget import Budget
from sandbox.calls.endpoints import Endpoints
from sandbox.progress.events import Note, Report
from sandbox.runs.clock import fresh_run_id
from sandbox.runs.directory import NewRun, RunDirectory, check_run_id, create
from sandbox.runs.kept_questions import keep
from sandbox.runs.locking import lock
from sandbox.runs.manifest import Manifest
from sandbox.runs.own_mark import trouble
from sandbox.runs.own_word import marked
from sandbox.simulation.hosts import check_same_hosts
from sandbox.simulation.manifest import continued, first_manifest
from sandbox.simulation.resumption import check_same_experiment, kept_vectors
from sandbox.society.casting import Vectors, embed, embedder_of
from sandbox.society.longest import cramped
from sandbox.society.plan import Plan


class Shared(NamedTuple):
    """What a run shares with others: open endpoints that are checked and probed by their owner, and a budget.

    Of those that share them the ones of a lower `rank` go first.
    """

    endpoints: Endpoints | None = None
    budget: Budget | None = None
    rank: int = 0


NOTHING_SHARED: Final = Shared()


class Opened(NamedTuple):
    """A run that can be worked on. `connect` opens its endpoints, checked and probed, if they are not open by then."""

    directory: RunDirectory
    manifest: Manifest
    space: VectorSpace
    connect: Callable[[], AbstractAsyncContextManager[Endpoints]]


@asynccontextmanager
async def new_run(plan: Plan, origins: Mapping[str, str], report: Report, shared: Shared) -> AsyncIterator[Opened]:
    """A new run directory: endpoints checked, questions embedded, nothing asked yet. Raises `SandboxError`."""
    run_id = plan.config.run_id or fresh_run_id(datetime.now(UTC))
    check_run_id(run_id)
    with create(Path(plan.config.runs), run_id, RunDirectory) as new:
        async with _connected(plan, report, shared) as endpoints:
            manifest, space = await _prepare(plan, origins, new, endpoints, report)
            directory = new.publish()
            with lock(directory):
                yield Opened(directory, manifest, space, lambda: nullcontext(endpoints))


@asynccontextmanager
async def taken_up(
    plan: Plan, origins: Mapping[str, str], report: Report, shared: Shared, directory: RunDirectory
) -> AsyncIterator[Opened]:
    """The run in `directory`, if this is still the same experiment and nobody works on it. Raises `SandboxError`."""
    with lock(directory):
        manifest = directory.read_manifest()
        check_same_experiment(plan, manifest)
        space = await asyncio.to_thread(kept_vectors, plan, directory, manifest)
        directory.repair()
        now = continued(manifest, plan, origins)
        yield Opened(directory, now, space, lambda: _reopened(plan, manifest, origins, report, shared))


@asynccontextmanager
async def _connected(plan: Plan, report: Report, shared: Shared) -> AsyncIterator[Endpoints]:
    """The endpoints of `plan`: those that are shared, or its own. Raises `SandboxError`."""
    if shared.endpoints:
        shared.endpoints.check_open(plan.routes)
        told = len(shared.endpoints.warnings)
        await shared.endpoints.open(plan.routes)
        _warn([*shared.endpoints.warnings[told:], *cramped(plan, shared.endpoints.contexts(plan.routes))], report)
        yield shared.endpoints
        return
    async with Endpoints(plan.routes, plan.config, lambda text: report(Note(text))) as endpoints:
        _warn([*endpoints.warnings, *cramped(plan, endpoints.contexts(plan.routes))], report)
        yield endpoints


async def _probe(plan: Plan, endpoints: Endpoints, report: Report) -> None:
    told = len(endpoints.warnings)
    await endpoints.probe(plan.routes)
    _warn(endpoints.warnings[told:], report)


def _warn(warnings: Iterable[str], report: Report) -> None:
    for warning in warnings:
        report(Note(warning, warning=True))


@asynccontextmanager
async def _reopened(
    plan: Plan, manifest: Manifest, origins: Mapping[str, str], report: Report, shared: Shared
) -> AsyncIterator[Endpoints]:
    check_same_hosts(plan, manifest, origins)
    async with _connected(plan, report, shared) as endpoints:
        await _probe(plan, endpoints, report)
        yield endpoints


async def _prepare(
    plan: Plan, origins: Mapping[str, str], new: NewRun[RunDirectory], endpoints: Endpoints, report: Report
) -> tuple[Manifest, VectorSpace]:
    """Embed the questions and write what a run directory holds before the first call."""
    report(Note(f"Embedding {len(plan.texts)} questions with {plan.config.embedder}."))
    # Found before probes are paid for.
    embedder = await asyncio.to_thread(embedder_of, plan)
    vectors = await _embedded_while_probed(plan, embedder, endpoints, report)
    if vectors.note:
        report(Note(vectors.note, warning=True))
    new.draft.memory.mkdir()
    vectors.space.save(new.draft.memory)
    plan.prompts.keep(new.draft.prompts)
    keep(new.draft.questions, plan.questions, plan.prior)
    manifest = first_manifest(plan, origins, new.run_id, vectors.embedder, endpoints)
    own = marked(manifest, Path(plan.config.runs, new.run_id))
    if own.mark is None and manifest.models.endpoints:
        report(Note(f"This run gets no mark, so --resume will ask what it may use. {trouble() or ''}", warning=True))
    new.draft.write_manifest(own)
    for file in (new.draft.calls, new.draft.interactions, new.draft.rounds):
        file.touch()
    return manifest, vectors.space


async def _embedded_while_probed(plan: Plan, embedder: CachedEmbedder, endpoints: Endpoints, report: Report) -> Vectors:
    """Together, because a language model is loaded for the one and waited for by the other.

    After the endpoints were found to be there, because a thread that loads one cannot be told to stop.
    """
    embedding, probing = (
        asyncio.create_task(_embed(plan, embedder)),
        asyncio.create_task(_probe(plan, endpoints, report)),
    )
    try:
        vectors, _ = await asyncio.gather(embedding, probing)
    finally:
        embedding.cancel()
        probing.cancel()
        await asyncio.gather(embedding, probing, return_exceptions=True)
    return vectors


async def _embed(plan: Plan, embedder: CachedEmbedder) -> Vectors:
    stopped = threading.Event()
    try:
        return await asyncio.to_thread(embed, plan, embedder, stopped.is_set)
    except asyncio.CancelledError:
        stopped.set()  # the thread cannot be cancelled, and the process would wait for its end
        raise
