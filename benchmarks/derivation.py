"""A finished run derived again from its journal: the bodies it sent, and how long its graph of calls takes at least.

Knows the society and the journal; measures nothing.
"""

import heapq
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from agents.endpoints.capabilities import Capabilities, body
from agents.limits.retry import Outcome
from agents.model import Request
from memory import VectorSpace
from sandbox.calls.known import KnownCalls
from sandbox.runs.directory import RunDirectory
from sandbox.runs.records import CallKey
from sandbox.society.casting import cast_society
from sandbox.society.plan import make_plan
from sandbox.society.society import Society
from sandbox.society.tally import journal_of


class Graph(NamedTuple):
    """What the graph of a run takes (seconds) if nothing but an answer is waited for, and the sum of its latencies."""

    longest_path: float
    total_latency: float


def graph(run: Path) -> Graph:
    """The graph of `run` with the latencies that its journal recorded, played with as many calls at once as are ready.

    Then the time until the last answer is the longest path. A recorded latency begins when the call gets its slot, so
    what the client takes to send it and to read the reply is part of the path.
    """
    latencies: list[float] = []
    ends = _play(run, lambda _, outcome: latencies.append(outcome.latency))
    return Graph(ends, sum(latencies))


def bodies(run: Path) -> list[dict[str, Any]]:
    """The JSON bodies of all requests of `run`."""
    sent: list[dict[str, Any]] = []
    _play(run, lambda request, _: sent.append(body(request, Capabilities())))
    return sent


def _play(run: Path, see: Callable[[Request, Outcome], object]) -> float:
    """Answer the society of `run` from its journal, each call after its recorded latency.

    Seconds from the first call to the last answer.
    """
    directory = RunDirectory(run)
    plan = make_plan(directory.read_manifest().config)
    society = cast_society(plan, VectorSpace.load(directory.memory))
    with closing(KnownCalls(journal_of(directory))) as known:
        return _answer(society, known, see)


def _answer(society: Society, known: KnownCalls[CallKey], see: Callable[[Request, Outcome], object]) -> float:
    in_flight: list[tuple[float, int, CallKey, Outcome]] = []
    now, started = 0.0, 0
    while True:
        while key := society.next_call(0):
            request = society.request(key)
            outcome = known.take(key, request)
            assert outcome is not None, f"{key} is not in the journal"
            see(request, outcome)
            started += 1
            heapq.heappush(in_flight, (now + outcome.latency, started, key, outcome))
        if not in_flight:
            return now
        now, _, key, outcome = heapq.heappop(in_flight)
        society.receive(key, outcome.answer)
        for _ in society.release():
            pass
