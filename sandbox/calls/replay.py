"""Answers a work from its journal: what resume, replay and recovery after a crash have in common."""

from collections.abc import Iterator
from typing import Any, Final, TypeVar

from sandbox.calls.accounts import Accounts
from sandbox.calls.known import KnownCalls
from sandbox.calls.work import K, Work

T = TypeVar("T")
BATCH: Final = 256


def replay(work: Work[K, T], lanes: int, known: KnownCalls[K], accounts: Accounts) -> Iterator[list[T]]:
    """Make every call whose outcome is `known`; yield what is finished, a batch of calls at a time.

    What is not known is ready again when this ends. Raises `SandboxError` where the journal answers another question
    than the work asks.
    """
    if not len(known):
        return
    unanswered: list[K] = []
    while calls := _take(work, lanes):
        for key in calls:
            request = work.request(key)
            outcome = known.take(key, request)
            if outcome is None:
                unanswered.append(key)
                continue
            accounts.repeated(key.stage, request, outcome)
            work.receive(key, outcome.answer)
        yield [*work.release()]
    for key in unanswered:
        work.enqueue(key)


def _take(work: Work[K, Any], lanes: int) -> list[K]:
    """Up to `BATCH` ready calls, of every lane."""
    taken: list[K] = []
    for lane in range(lanes):
        while len(taken) < BATCH and (key := work.next_call(lane)):
            taken.append(key)
    return taken
