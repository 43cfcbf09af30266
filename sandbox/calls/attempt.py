"""One process's calls for a work: what its journal answers, the calls that are left, and why some stay unmade.

Knows journal, accounts and dispatcher; not what a work is about, nor what becomes of what it releases.
"""

import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from sandbox.calls.accounts import Accounts
from sandbox.calls.bounds import Bounds
from sandbox.calls.dispatch import Dispatcher
from sandbox.calls.journal import Journal, JournalFiles, line_outcome
from sandbox.calls.known import KnownCalls
from sandbox.calls.lane import Lane
from sandbox.calls.replay import replay
from sandbox.calls.retry_failed import RetryFailed
from sandbox.calls.spending import NOTHING
from sandbox.calls.work import K, Work
from sandbox.runs.asks import FinishedAsk
from sandbox.runs.beginning import Beginning
from sandbox.runs.manifest import StoppedBy

T = TypeVar("T")
SAVE_SECONDS: Final = 1.0


class Attempt(Generic[K, T]):
    """Makes the calls of `work`, of `lanes` lanes, that the journal in `files` does not answer.

    `model_of` names the model that a journalled ask was put to. With `retry`, asks that failed are made again.
    All that the journal holds is in `accounts` from the start: it was paid, whether it is needed again or not. Files
    are closed at the end of `with`.
    """

    def __init__(
        self,
        work: Work[K, T],
        lanes: int,
        files: JournalFiles[K],
        accounts: Accounts,
        model_of: Callable[[K], str],
        *,
        retry: bool = False,
    ) -> None:
        self._work: Final = work
        self._lanes: Final = lanes
        self.accounts: Final = accounts
        self._retry: Final = RetryFailed(files, accounts) if retry else None
        self._files: Final = files
        self._model_of: Final = model_of
        self._has_failures = False
        self._known: Final = KnownCalls(files, self._retry.replace if self._retry else None, self._count)
        self.known_calls: Final = len(self._known)
        self._journal: Final = Journal(files, self._known.written, self._retry.sync if self._retry else None)
        self._dispatcher: Dispatcher[K, T] | None = None
        self._saved_at = time.monotonic()
        self._saved_lost = accounts.lost
        self._interrupted = False
        for line in files.replaced():
            self._account(line)
            accounts.replaced(files.key(line).stage)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._known.close()
        self._journal.close()
        if self._retry:
            self._retry.close()

    @property
    def replaces(self) -> bool:
        """Whether answers of the journal are asked for again."""
        return self._retry is not None and self._has_failures

    @property
    def replaced(self) -> int | None:
        """How many answers are asked for again by now; None where none ever is."""
        return self._retry.replaced if self._retry else None

    @property
    def stopped_by(self) -> StoppedBy | None:
        """The first reason why calls were left, once calls were made."""
        return self._dispatcher.stopped_by if self._dispatcher else None

    @property
    def verified(self) -> Beginning | None:
        """All of the journal, where it holds nothing but calls of this work, and says all that is known of them.

        None while it answers a retry, and where what a reply took is known only beside what was asked: a reply without
        usage, or beyond its bound.
        """
        is_left = bool(self._retry or len(self._known) or self._known.has_superseded)
        unsaid = self.accounts.calls_without_usage or any(map(self._bounds.exceeds, self.accounts.served))
        return None if is_left or unsaid else self._journal.written.beginning

    def pass_over(self, end: int, is_verified: Callable[[K], bool]) -> list[K]:
        """Leave out the calls that are known to be as they should, of lines that begin before byte `end`."""
        for model in self.accounts.served:
            self._bounds.learn(model, NOTHING)
        return self._known.pass_over(end, is_verified)

    def catch_up(self) -> Iterator[list[T]]:
        """Make the calls that the journal answers; what the work releases, a batch of calls at a time.

        Raises `SandboxError` where the journal and the work disagree.
        """
        yield from replay(self._work, self._lanes, self._known, self.accounts)
        if self._retry is None:
            self._known.refuse_unused()

    def has_affordable_work(self) -> bool:
        """Whether there is a call to make, and the most urgent one fits into the budget."""
        keys = filter(None, map(self._work.peek, range(self._lanes)))
        key = next(keys, None)
        return key is not None and self.accounts.may_ever_hold(self._work.request(key))

    async def drive(self, lanes: Sequence[Lane]) -> AsyncGenerator[list[T], None]:
        """Make the calls that are left over `lanes`; what the work releases, and nothing where only accounts grew."""
        self._dispatcher = Dispatcher(self._work, lanes, self._journal, self._known, self.accounts)
        async with aclosing(self._dispatcher.run()) as batches:
            async for batch in batches:
                yield batch

    def stop(self, by: StoppedBy) -> bool:
        """Make no more calls, finish those in flight. False if no call was made yet: there is none to wait for."""
        if self._dispatcher is None:
            return False
        self._dispatcher.stop(by)
        return True

    def interrupt(self) -> bool:
        """The user wants no more calls. False if there is none to wait for, or that was told before."""
        if self._interrupted or not self.stop("interrupt"):
            return False
        self._interrupted = True
        return True

    def complete(self) -> None:
        """The work is whole: answers that it needs no more, since others came in their place, count no more."""
        if self._retry:
            self._retry.complete(self._known)

    def saved(self) -> None:
        """The accounts were written."""
        self._saved_at = time.monotonic()
        self._saved_lost = self.accounts.lost

    def is_due(self) -> bool:
        """Whether the accounts should be written: a second passed, or tries were lost, which stand nowhere else."""
        return self.accounts.lost != self._saved_lost or time.monotonic() - self._saved_at > SAVE_SECONDS

    @property
    def _bounds(self) -> Bounds:
        return self.accounts.budget.bounds

    def _count(self, line: FinishedAsk) -> None:
        self._has_failures |= line.error is not None
        self._account(line)

    def _account(self, line: FinishedAsk) -> None:
        key = self._files.key(line)
        self.accounts.answered_before(key.stage, self._model_of(key), line_outcome(line))
