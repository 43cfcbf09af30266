"""Answers a society from its journal: what resume, replay and recovery after a crash have in common."""

from collections.abc import Iterator
from typing import Final

from sandbox.calls.journal import KnownCalls
from sandbox.calls.tally import Tally
from sandbox.runs.records import CallKey, Interaction
from sandbox.society.society import Society

BATCH: Final = 256


def replay(society: Society, lanes: int, known: KnownCalls, tally: Tally) -> Iterator[list[Interaction]]:
    """Make every call whose outcome is `known`; yield finished interactions, a batch of calls at a time.

    What is not known is ready again when this ends. Raises `SandboxError` where the journal answers another question
    than the society asks.
    """
    if not len(known):
        return
    unanswered: list[CallKey] = []
    while calls := _take(society, lanes):
        for key in calls:
            request = society.request(key)
            outcome = known.take(key, request)
            if outcome is None:
                unanswered.append(key)
                continue
            tally.answered_unmetered(request, outcome)
            society.receive(key, outcome.answer)
        yield [*society.release()]
    for key in unanswered:
        society.enqueue(key)


def _take(society: Society, lanes: int) -> list[CallKey]:
    """Up to `BATCH` ready calls, of every lane."""
    taken: list[CallKey] = []
    for lane in range(lanes):
        while len(taken) < BATCH and (key := society.next_call(lane)):
            taken.append(key)
    return taken
