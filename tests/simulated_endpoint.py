"""Endpoints in virtual time, behind the seam to a model, and a driver that uses one as a run does.

An endpoint answers after its latency unless it refuses or breaks a try; who is refused is a function of the endpoint
(`TokenBucket`, `limited_number`, `at_random`). Knows seconds and counts, not texts.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from virtual_time import now, run_virtually

from agents.limits.limiter import Limiter
from agents.limits.retry import Outcome, Retrying
from agents.model import ErrorKind, Message, ModelError, Reply, Request, Usage
from agents.quota import Allowance, Quota

REQUEST: Final = Request("m", (Message("user", "x" * 400),), 1.0, 64, 0, None)
MOST_REFUSALS: Final = 50  # nobody finds out here whether an endpoint that refuses an ask answers others
ESTIMATE: Final = 164  # tokens of REQUEST: a quarter of its characters, and the most of a reply


def refusal(retry_after: float | None = None) -> ModelError:
    """What a 429 becomes."""
    return ModelError("rate_limited", "slow down", status=429, retry_after=retry_after)


def failure(kind: ErrorKind = "timeout") -> ModelError:
    """What a try that came to nothing becomes."""
    return ModelError(kind, kind)


@dataclass
class SimulatedEndpoint:
    """Answers after `latency` seconds.

    Before that `work` seconds pass in which nothing else is looked at, and then it `refuses` or not, with a
    `retry_after`. Of those that it takes only `slots` are worked on at once, and `breaks` says which come to nothing.
    """

    latency: float = 0.0
    work: float = 0.0
    refuses: Callable[["SimulatedEndpoint"], bool] = lambda endpoint: False
    retry_after: float | None = None
    slots: int = 10**6
    breaks: Callable[[], ModelError | None] = lambda: None
    tokens: int = 130
    quota: Callable[[], Quota | None] = lambda: None
    sent: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    in_flight: int = 0
    most: int = 0
    free_at: float = 0.0

    def __post_init__(self) -> None:
        self.queue = asyncio.Semaphore(self.slots)

    async def complete(self, request: Request) -> Reply:
        self.sent.append(now())
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            return await self._answer()
        finally:
            self.in_flight -= 1

    async def _answer(self) -> Reply:
        self.free_at = max(now(), self.free_at) + self.work
        await asyncio.sleep(self.free_at - now())
        if self.refuses(self):
            self.refused.append(now())
            raise refusal(self.retry_after)
        quota = self.quota()
        async with self.queue:
            await asyncio.sleep(self.latency)
        if error := self.breaks():
            raise error
        return Reply("yes", usage=Usage(prompt_tokens=self.tokens - 30, completion_tokens=30), quota=quota)


class TokenBucket:
    """`rate` a second, `burst` at once, of which each request takes `cost`: tokens, or 1; full at the start."""

    def __init__(self, rate: float, burst: float, cost: float = 1.0) -> None:
        self.rate: Final = rate
        self.burst: Final = burst
        self.cost: Final = cost
        self.level, self.at = burst, 0.0

    def __call__(self, endpoint: SimulatedEndpoint) -> bool:
        """Whether one more is too many."""
        self._refill()
        if self.level < self.cost:
            return True
        self.level -= self.cost
        return False

    def quota(self) -> Quota:
        """What an endpoint with this limit says in its headers."""
        self._refill()
        used = self.burst - self.level
        left = Allowance(self.burst, float(int(self.level)), used / self.rate)
        return Quota(left, None) if self.cost == 1 else Quota(None, left)

    def _refill(self) -> None:
        self.level = min(self.burst, self.level + (now() - self.at) * self.rate)
        self.at = now()


def limited_number(most: int) -> Callable[[SimulatedEndpoint], bool]:
    """At most so many at once."""
    return lambda endpoint: endpoint.in_flight > most


def at_random(share: float, seed: int) -> Callable[[SimulatedEndpoint], bool]:
    """Such a share of all, whatever the load."""
    random = Random(seed)
    return lambda endpoint: random.random() < share


@dataclass
class Driven:
    """What came of it: the `seconds` that it took, and the window when each call was launched."""

    seconds: float
    outcomes: list[Outcome]
    windows: list[int]


def drive(endpoint: SimulatedEndpoint, calls: int, *, bound: int = 256, start: float = 0.0, **limits: Any) -> Driven:
    """Make so many calls from `start` on, as a dispatcher does: launch while there is room, else wait for room."""
    driven = Driven(0.0, [], [])

    async def run() -> None:
        limiter, room = Limiter(bound, clock=now, **limits), asyncio.Event()
        limiter.listeners.append(room.set)
        retrying = Retrying(endpoint, limiter, most_refusals=MOST_REFUSALS, random=Random(1))
        unfinished: set[asyncio.Task[Outcome]] = set()

        def finished(task: asyncio.Task[Outcome]) -> None:
            unfinished.discard(task)
            driven.outcomes.append(task.result())
            room.set()

        async def wait_until(ready: Callable[[], bool]) -> None:
            while not ready():
                await room.wait()
                room.clear()

        await asyncio.sleep(start)
        for _ in range(calls):
            await wait_until(lambda: len(unfinished) < bound and limiter.may_enter())
            task = asyncio.create_task(retrying.ask(REQUEST, limiter.slot(REQUEST)))
            unfinished.add(task)
            task.add_done_callback(finished)
            driven.windows.append(limiter.window)
        await wait_until(lambda: not unfinished)
        assert limiter.on_the_wire == 0

    driven.seconds = run_virtually(run) - start
    return driven


def most_within(seconds: float, times: list[float], amount: float = 1.0) -> float:
    """The most that any span of so many seconds (its end excluded) saw of `amount` at each of `times`, in order."""
    first, most = 0, 0
    for last, time in enumerate(times):
        while times[first] <= time - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most * amount
