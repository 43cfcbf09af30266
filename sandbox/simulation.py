"""One run, from plan to complete run directory. Reports events; prints nothing."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, aclosing, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agents.model import ModelError
from memory import VectorSpace
from sandbox.casting import cast_society, embed
from sandbox.dispatch import Dispatcher
from sandbox.errors import SandboxError
from sandbox.events import Event, Finished, Note, RoundDone, Started
from sandbox.fingerprint import fresh_run_id
from sandbox.forecast import forecast, local_seconds
from sandbox.journal import Journal
from sandbox.lanes import Lanes
from sandbox.manifest import Manifest, Status, StoppedBy
from sandbox.plan import Plan
from sandbox.prices import Prices
from sandbox.run_directory import NewRun, RunDirectory, check_run_id, create
from sandbox.run_log import RunLog
from sandbox.run_manifest import first_manifest, progressed
from sandbox.society import Society
from sandbox.tally import Tally
from sandbox.text import duration

Ended = tuple[Status, StoppedBy | None]


class Simulation:
    """Runs `plan`. `origins` says where each option came from; `report` is told every event as it happens."""

    def __init__(self, plan: Plan, origins: Mapping[str, str], report: Callable[[Event], None]) -> None:
        self._plan: Final = plan
        self._origins: Final = origins
        self._report: Final = report
        self._lanes: Final = Lanes(plan.config, [*plan.models, plan.observer])
        self._prices: Final = Prices.bundled()
        self._dispatcher: Dispatcher | None = None

    def stop(self) -> bool:
        """Make no more calls, finish those in flight, write everything and end as stopped.

        False if there is nothing to wait for: no call was made yet, or it was stopped before.
        """
        if self._dispatcher is None or self._dispatcher.stopping:
            return False
        self._dispatcher.stop()
        return True

    async def run(self) -> Manifest:
        """Prepare, run and close; the manifest at the end.

        Raises `SandboxError` for what cannot go on. Before the first call nothing is left behind then.
        """
        run_id = self._plan.config.run_id or fresh_run_id(datetime.now(UTC))
        check_run_id(run_id)
        async with AsyncExitStack() as stack:
            new = stack.enter_context(create(Path(self._plan.config.runs), run_id))
            self._report(Note(_questions_note(self._plan)))
            await stack.enter_async_context(self._lanes)
            for warning in self._lanes.warnings:
                self._report(Note(warning, warning=True))
            if seconds := local_seconds(self._plan):
                self._report(Note(f"On this machine the run will take about {duration(seconds)}."))
            manifest, space = await self._prepare(new, run_id)
            return await self._simulate(new.publish(), manifest, space)

    async def _prepare(self, new: NewRun, run_id: str) -> tuple[Manifest, VectorSpace]:
        """Embed the questions and write what a run directory holds before the first call."""
        plan = self._plan
        self._report(Note(f"Embedding {len(plan.texts())} questions with {plan.config.embedder}."))
        vectors = await asyncio.to_thread(embed, plan)
        if vectors.note:
            self._report(Note(vectors.note, warning=True))
        vectors.space.save(new.draft.memory)
        await self._lanes.probe()
        manifest = first_manifest(plan, self._origins, run_id, vectors.embedder, self._lanes.structured)
        new.draft.write_manifest(manifest)
        for file in (new.draft.calls, new.draft.interactions, new.draft.rounds):
            file.touch()
        return manifest, vectors.space

    async def _simulate(self, directory: RunDirectory, manifest: Manifest, space: VectorSpace) -> Manifest:
        """Run the society of a run directory that is there, and close its manifest whatever happens."""
        society = cast_society(self._plan, space, self._lanes.number)
        tally = Tally(planned=society.planned, prices=self._prices)
        ended: Ended = ("failed", "error")
        try:
            self._report(Started(manifest.run_id, directory.path, forecast(self._plan, self._prices), tally))
            await self._drive(directory, manifest, society, tally)
            for agent in society.cast.agents:
                agent.memory.save(directory.memory / f"agent-{agent.number:03d}")
            ended = ("complete", None) if society.released == society.planned else ("stopped", "interrupt")
        except asyncio.CancelledError:
            ended = ("stopped", "interrupt")
            raise
        except ModelError as error:
            raise SandboxError(f"Run {manifest.run_id} stopped: {error}") from error
        finally:
            manifest = progressed(manifest, tally, ended)
            directory.write_manifest(manifest)
        self._report(Finished(manifest, directory.path))
        return manifest

    async def _drive(self, directory: RunDirectory, manifest: Manifest, society: Society, tally: Tally) -> None:
        """Make the calls, and write what they come to as it is finished."""
        with closing(Journal(directory.calls)) as journal, closing(RunLog(directory, society.world.size)) as log:
            self._dispatcher = Dispatcher(society, self._lanes.lanes, journal, tally)
            async with aclosing(self._dispatcher.run()) as batches:
                async for batch in batches:
                    for interaction in batch:
                        tally.released(interaction)
                    for summary in log.write(batch):
                        directory.write_manifest(progressed(manifest, tally))
                        self._report(RoundDone(summary))


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
