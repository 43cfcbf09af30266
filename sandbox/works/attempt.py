"""One process's work on a folder: its calls, what they come to, and a manifest that stays true.

Knows the order in which these are told; not what a work is about, how calls are made, nor how the folder comes about.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, aclosing
from itertools import chain
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from sandbox.calls.accounts import Accounts
from sandbox.calls.attempt import Attempt
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.journal import JournalFiles
from sandbox.calls.lane import Lane
from sandbox.calls.manifest import corrected, opened
from sandbox.calls.work import K
from sandbox.progress.events import Milestone, Note, Report
from sandbox.progress.working import caught_up, overruns
from sandbox.runs.any_manifest import M
from sandbox.runs.directory import WorkDirectory
from sandbox.runs.manifest import Status, StoppedBy
from sandbox.runs.own_word import marked
from sandbox.works.plan import Countable, WorkPlan
from sandbox.works.verdict import StopReason

T = TypeVar("T")


class FolderAttempt(ABC, Generic[M, K, T]):
    """Works on the folder `directory`, whose `manifest` it keeps true. Files are closed at the end of `with`.

    `things` are what the work comes to, in a word.
    """

    things: str

    def __init__(
        self,
        directory: WorkDirectory,
        manifest: M,
        plan: WorkPlan,
        work: Countable[K, T],
        journal: JournalFiles[K],
        accounts: Accounts,
    ) -> None:
        self.directory: Final = directory
        self.manifest: M = manifest
        self._plan: Final = plan
        self._work: Final = work
        self.accounts: Final = accounts
        self.accounts.attempted_before(manifest.attempts[:-1])
        self.calls: Final[Attempt[K, T]] = Attempt(
            work, plan.routes.count, journal, self.accounts, plan.model_of, retry=plan.config.retry_failed
        )
        self._told: set[str] = set()
        self._verdict: StopReason | None = None

    @abstractmethod
    def figures(self) -> Iterable[str]:
        """Lines for the panel, as of now."""

    def begin(self) -> None:
        """What is done before the first call that is left; nothing."""

    def earlier(self) -> Iterator[Sequence[T]]:
        """What is finished without a call, as an earlier attempt verified; nothing."""
        return iter(())

    @abstractmethod
    def keep(self, batch: Sequence[T]) -> list[Milestone]:
        """Count and write what was released; what is done thereby."""

    @abstractmethod
    def cut(self) -> int:
        """The journal gives no more: drop log lines that go beyond it, and count them."""

    @abstractmethod
    def judged(self) -> StopReason | None:
        """Why the work should be stopped, if it goes so badly."""

    @abstractmethod
    def progressed(self, ended: tuple[Status, StoppedBy | None] | None) -> M:
        """The manifest with the counts of now; `ended` says that this attempt is over."""

    @abstractmethod
    def sync(self) -> None:
        """Flush what was written, and write what is left when calls are over."""

    @abstractmethod
    def close(self) -> None:
        """Close the logs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as stack:
            stack.callback(self.close)
            stack.push(self.calls.__exit__)

    @property
    def replaces(self) -> bool:
        """Whether answers of the journal are asked for again."""
        return self.calls.replaces

    def has_work(self) -> bool:
        """Whether there are calls to make, and something to make them with."""
        return self._verdict is None and self.calls.has_affordable_work()

    def stop(self) -> bool:
        """Make no more calls, finish those in flight. False if there is none to wait for, or it was told before."""
        return self.calls.interrupt()

    def use(self, endpoints: Endpoints) -> None:
        """Keep what was found out of `endpoints`, which this attempt asks."""
        models = opened(self.manifest.models, self._plan.routes, endpoints)
        self.manifest = self.manifest.model_copy(update={"models": models})

    async def catch_up(self, report: Report) -> None:
        """Make the calls that the journal answers. Raises `SandboxError` where journal, logs and plan disagree."""
        known, replaced = self.calls.known_calls, self.calls.replaced
        if replaced is not None:
            self.save_progress()  # a retry that is killed from now on goes on as one
        for batch in chain(self.earlier(), self.calls.catch_up()):
            self._keep(batch)
            await asyncio.sleep(0)
        self._keep(list(self._work.release()))  # what needs no call
        dropped = self.cut()
        self.manifest = corrected(self.manifest, self.accounts, self._work.ready)
        for note in caught_up(known, f"{self._work.released} {self.things}", self.calls.replaced, dropped):
            report(note)

    async def drive(self, lanes: Sequence[Lane], report: Report) -> None:
        """Make the calls that are left, and write what they come to as it is finished."""
        self.save_progress()
        if self.has_work():
            self._told = set(self.accounts.overruns)  # at the end they are told again
            self.begin()
            async with aclosing(self.calls.drive(lanes)) as batches:
                async for batch in batches:
                    done = self._keep(batch)
                    if done or self.calls.is_due():
                        self.save_progress()
                    for each in done:
                        report(each)
                    for note in overruns(self.accounts, self._told, self._plan.config.max_tokens):
                        report(note)
        if self._verdict:
            report(Note(self._verdict.text, warning=True))

    def finish(self) -> tuple[Status, StoppedBy | None]:
        """Write what it came to; whether it is complete."""
        self.sync()
        if self._work.released == self._work.planned:
            self.calls.complete()
            return "complete", None
        return "stopped", self.calls.stopped_by or (self._verdict.by if self._verdict else "budget")

    def save_progress(self, ended: tuple[Status, StoppedBy | None] | None = None) -> M:
        """Write how far it came, and with `ended` that this attempt is over."""
        manifest = marked(self.progressed(ended), self.directory.path)
        self.directory.write_manifest(manifest)
        self.calls.saved()
        return manifest

    def _keep(self, batch: Sequence[T]) -> list[Milestone]:
        done = self.keep(batch)
        self.judge()
        return done

    def judge(self) -> None:
        """Stop a work that goes badly."""
        # Nothing is left to save of one that is whole, and one that is stopped already has its reason.
        if self._work.released < self._work.planned and not (self._verdict or self.calls.stopped_by):
            self._verdict = self.judged()
            if self._verdict:
                self.calls.stop(self._verdict.by)
