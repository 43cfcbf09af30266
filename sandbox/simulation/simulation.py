"""A run from plan to complete run directory, new or taken up again. Reports events; prints nothing."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agents.model import ModelError
from memory import CachedEmbedder, VectorSpace
from sandbox.calls.lanes import Lanes
from sandbox.errors import SandboxError
from sandbox.options.config import speakers
from sandbox.progress.events import Event, Finished, Note, Started
from sandbox.runs.clock import fresh_run_id
from sandbox.runs.directory import NewRun, RunDirectory, check_run_id, create, lock
from sandbox.runs.manifest import Manifest, Status, StoppedBy
from sandbox.simulation.attempt import Attempt
from sandbox.simulation.manifest import continued, first_manifest
from sandbox.simulation.resumption import check_same_experiment, kept_vectors
from sandbox.society.casting import Vectors, embed, embedder_of
from sandbox.society.plan import Plan
from sandbox.text import duration


class Simulation:
    """Runs `plan`, or goes on with the run in `resumed`.

    `origins` says where each option came from; `report` is told every event as it happens.
    """

    def __init__(
        self,
        plan: Plan,
        origins: Mapping[str, str],
        report: Callable[[Event], None],
        resumed: RunDirectory | None = None,
    ) -> None:
        self._plan: Final = plan
        self._origins: Final = origins
        self._report: Final = report
        self._resumed: Final = resumed
        self._lanes: Final = Lanes(plan.config, [*plan.models, plan.observer])
        self._attempt: Attempt | None = None
        self._closed = False

    def stop(self) -> bool:
        """Make no more calls, finish those in flight, write everything and end as stopped.

        False if there is nothing to wait for: no call was made yet, or it was stopped before.
        """
        return self._attempt is not None and self._attempt.stop()

    async def run(self) -> Manifest:
        """Prepare, run and close; the manifest at the end.

        Raises `SandboxError` for what cannot go on. Before the first call of a new run nothing is left behind then.
        """
        self._report(Note(_questions_note(self._plan)))
        async with AsyncExitStack() as stack:
            try:
                opening = self._reopen(stack, self._resumed) if self._resumed else self._create(stack)
                directory, manifest, space = await opening
                with Attempt(directory, manifest, self._plan, space, self._lanes) as self._attempt:
                    return await self._work(stack, self._attempt)
            except asyncio.CancelledError:
                if self._resumed and not self._closed:
                    self._report(Note(f"Go on with it: sandbox simulate --resume {self._resumed.path}"))
                raise
            except OSError as error:
                raise SandboxError(
                    f"The run cannot be written: {error.strerror or error}.\n{self._remedy()}"
                ) from error

    def _remedy(self) -> str:
        """What to do about files that cannot be written."""
        directory = self._attempt.directory if self._attempt else self._resumed
        if directory is None:
            return "Make room, or use --runs FOLDER on another disk."
        return f"Make room, or make it writable; then go on with it: sandbox simulate --resume {directory.path}"

    async def _create(self, stack: AsyncExitStack) -> tuple[RunDirectory, Manifest, VectorSpace]:
        """A new run directory, which appears whole: endpoints checked, questions embedded, nothing asked yet."""
        run_id = self._plan.config.run_id or fresh_run_id(datetime.now(UTC))
        check_run_id(run_id)
        with create(Path(self._plan.config.runs), run_id) as new:
            await self._open_lanes(stack)
            manifest, space = await self._prepare(new, run_id)
            directory = new.publish()
        stack.enter_context(lock(directory))
        return directory, manifest, space

    async def _prepare(self, new: NewRun, run_id: str) -> tuple[Manifest, VectorSpace]:
        """Embed the questions and write what a run directory holds before the first call."""
        plan = self._plan
        self._report(Note(f"Embedding {len(plan.texts())} questions with {plan.config.embedder}."))
        # Found before probes are paid for.
        embedder = await asyncio.to_thread(embedder_of, plan)
        # Together, because a language model is loaded for the one and waited for by the other; after the endpoints
        # were found to be there, because a thread that loads one cannot be told to stop.
        embedding, probing = asyncio.create_task(self._embed(embedder)), asyncio.create_task(self._lanes.probe())
        try:
            vectors, _ = await asyncio.gather(embedding, probing)
        finally:
            embedding.cancel()
            probing.cancel()
            await asyncio.gather(embedding, probing, return_exceptions=True)
        if vectors.note:
            self._report(Note(vectors.note, warning=True))
        vectors.space.save(new.draft.memory)
        manifest = first_manifest(plan, self._origins, run_id, vectors.embedder, self._lanes.structured)
        new.draft.write_manifest(manifest)
        for file in (new.draft.calls, new.draft.interactions, new.draft.rounds):
            file.touch()
        return manifest, vectors.space

    async def _embed(self, embedder: CachedEmbedder) -> Vectors:
        stopped = threading.Event()
        try:
            return await asyncio.to_thread(embed, self._plan, embedder, stopped.is_set)
        except asyncio.CancelledError:
            stopped.set()  # the thread cannot be cancelled, and the process would wait for its end
            raise

    async def _reopen(
        self, stack: AsyncExitStack, directory: RunDirectory
    ) -> tuple[RunDirectory, Manifest, VectorSpace]:
        """The run directory of an earlier attempt, if this is still the same experiment and nobody works on it."""
        stack.enter_context(lock(directory))
        manifest = directory.read_manifest()
        check_same_experiment(self._plan, manifest)
        endpoints = Lanes(manifest.config, speakers(manifest.config)).count
        space = await asyncio.to_thread(kept_vectors, self._plan, directory, manifest)
        directory.repair()
        return directory, continued(manifest, self._plan, self._origins, endpoints), space

    async def _open_lanes(self, stack: AsyncExitStack) -> None:
        await stack.enter_async_context(self._lanes)
        for warning in self._lanes.warnings:
            self._report(Note(warning, warning=True))
        if seconds := self._plan.forecast.local_seconds:
            self._report(Note(f"On this machine a whole run takes about {duration(seconds)}."))

    async def _connect(self, stack: AsyncExitStack, attempt: Attempt) -> None:
        """Open and probe the endpoints of a run that is taken up again."""
        await self._open_lanes(stack)
        await self._lanes.probe()
        attempt.use(self._lanes.structured)

    async def _work(self, stack: AsyncExitStack, attempt: Attempt) -> Manifest:
        """Take in what the journal knows, make the calls that are left, and close the manifest whatever happens."""
        # Answers are replaced, and the log cut, only when somebody is there to answer anew.
        if attempt.replaces:
            await self._connect(stack, attempt)
        await attempt.catch_up(self._report)
        if self._resumed and attempt.has_work and not attempt.replaces:
            await self._connect(stack, attempt)
        path = attempt.directory.path
        ended: tuple[Status, StoppedBy | None] = ("failed", "error")
        try:
            self._report(Started(path.name, path, self._plan.forecast, attempt.tally, self._lanes.lanes))
            await attempt.drive(self._report)
            ended = attempt.finish()
        except asyncio.CancelledError:
            ended = ("stopped", "interrupt")
            raise
        except ModelError as error:
            again = f"Go on with it: sandbox simulate --resume {path}"
            raise SandboxError("\n".join([*f"Run stopped: {error}".splitlines()[:2], again])) from error
        finally:
            manifest = attempt.save_progress(ended)
            self._closed = True
            self._report(Finished(manifest, path))
        return manifest


def _questions_note(plan: Plan) -> str:
    """What is discussed, what filters dropped, and where prior memories come from."""
    questions, prior = plan.questions, plan.prior
    dropped = ", ".join(f"{count} {name}" for name, count in questions.dropped.items())
    return "".join(
        (
            f"{len(questions.questions)} questions from {questions.name}",
            f" (dropped: {dropped})" if dropped else "",
            f", {len(prior.pairs)} prior pairs from {prior.name}" if prior else "",
            ".",
        )
    )
