"""Answers on their way to the work that asked: journalled and counted first, whatever comes after.

Knows the order in which things become durable; starts no call and stops none.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final, Generic

from sandbox.calls.accounts import Accounts
from sandbox.calls.journal import Answered, Journal
from sandbox.calls.lane import Ended
from sandbox.calls.work import K

SYNC_SECONDS: Final = 1.0


class Arrivals(Generic[K]):
    """What arrived and was not taken out yet; new answers go into `journal` and `accounts`, repeated ones are there."""

    def __init__(self, journal: Journal[K], accounts: Accounts) -> None:
        self._journal: Final = journal
        self._accounts: Final = accounts
        self._new: Final[deque[Ended]] = deque()
        self._repeated: Final[deque[Answered[K]]] = deque()

    def __bool__(self) -> bool:
        return bool(self._new or self._repeated)

    @property
    def has_new(self) -> bool:
        """Whether answers are there that are not journalled."""
        return bool(self._new)

    def add(self, finished: Iterable[Ended]) -> None:
        """Asks were finished."""
        self._new.extend(finished)

    def repeat(self, answer: Answered[K]) -> None:
        """The journal answered an ask."""
        self._repeated.append(answer)

    def take(self) -> list[Answered[K]]:
        """Take out all that arrived."""
        answers = [*self._record(), *self._repeated]
        self._repeated.clear()
        return answers

    def keep(self) -> None:
        """Make all that arrived durable; nothing is used any more. What cannot be written is counted as lost."""
        try:
            self._record()
        except OSError:
            for answer, hold in self._new:
                self._accounts.lose(answer.request)
                hold.release()
            self._new.clear()
            raise
        self._journal.sync()

    async def sync_regularly(self) -> None:
        """Flush the journal to disk every second, until cancelled."""
        while True:
            await asyncio.sleep(SYNC_SECONDS)
            await asyncio.to_thread(self._journal.sync)

    def _record(self) -> list[Answered[K]]:
        """Journal what arrived, and count it: the accounts are those of the journal, whatever comes after."""
        answers: list[Answered[K]] = [answer for answer, _ in self._new]
        if answers:
            self._journal.append(answers)
        while self._new:
            answer, hold = self._new.popleft()
            self._accounts.answered(answer.key.stage, answer.request, answer.outcome)
            hold.release()
        return answers
