"""Calls that are refused (429) for good beside others that are answered, and refusals that pass, in virtual time.

A society of nine asks an endpoint that refuses what a test says; the smallest request goes through the same limiter.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from simulated_endpoint import refusal
from societies import plan, society
from tables import table
from virtual_time import now, run_virtually

from agents.endpoints.scripted import Scripted
from agents.limits.limiter import Limiter
from agents.limits.refusals import FEW, REFUSALS, REFUSALS_OF_ALL, Refusals
from agents.limits.retry import Retrying
from agents.model import Message, Reply, Request
from sandbox.calls.accounts import Accounts
from sandbox.calls.dispatch import Dispatcher
from sandbox.calls.journal import Journal
from sandbox.calls.known import KnownCalls
from sandbox.calls.lane import Lane, turns_at
from sandbox.calls.prices import Prices
from sandbox.calls.turns import Turn
from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import read_lines
from sandbox.runs.records import CallKey, Interaction, JournalLine
from sandbox.simulation.attempt import journal_of
from sandbox.society.draws import sampling_seed

SMALLEST = Request("m", (Message("user", "hello"),), 1.0, 8, 0, None)


@dataclass
class Endpoint:
    """Answers after a second what it does not refuse; that it is told at once, with a `retry_after` if there is one."""

    refuses: Callable[[Request], bool]
    retry_after: float | None = None
    tries: int = 0
    smallest: list[float] = field(default_factory=list)

    async def complete(self, request: Request) -> Reply:
        self.tries += 1
        if request is SMALLEST:
            self.smallest.append(now())
        await asyncio.sleep(0.02)
        if self.refuses(request):
            raise refusal(self.retry_after)
        await asyncio.sleep(1)
        return await Scripted().complete(request)


class Run:
    """A run on `endpoint`, `bound` calls at once; `done` and `lines` are what it wrote, `seconds` what it took."""

    def __init__(self, folder: Path, endpoint: Endpoint, bound: int = 64) -> None:
        self.endpoint, self.bound, self.folder = endpoint, bound, folder
        self.done: list[Interaction] = []
        self.seconds = run_virtually(self._run)
        self.lines = list(read_lines(folder / "calls.jsonl", JournalLine))

    @property
    def failed(self) -> list[JournalLine]:
        return [line for line in self.lines if line.error]

    async def _run(self) -> None:
        limiter = Limiter(self.bound, clock=now)

        async def check_alive(model: str | None) -> None:
            if error := (await Retrying(self.endpoint, limiter, most_refusals=1).ask(SMALLEST)).error:
                raise error

        lane = Lane("here", Retrying(self.endpoint, limiter, random=Random(1)), check_alive, Turn(turns_at(limiter)))
        files = journal_of(RunDirectory(self.folder))
        with closing(Journal(files)) as journal:
            work = society(plan(rounds=2))
            calls: Dispatcher[CallKey, Interaction] = Dispatcher(
                work, [lane], journal, KnownCalls(files), Accounts(Prices.load(None))
            )
            async with aclosing(calls.run()) as batches:
                async for batch in batches:
                    self.done.extend(batch)
        assert limiter.on_the_wire == 0


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is synced on a thread: virtual time does not wait for it."""
    monkeypatch.setattr("sandbox.calls.arrivals.SYNC_SECONDS", 10.0**6)


def first_drafts_of(*agents: int) -> Callable[[Request], bool]:
    """They are refused, and nothing else."""
    seeds = {sampling_seed(0, CallKey(0, agent, "draft")) for agent in agents}
    return lambda request: request is not SMALLEST and request.seed in seeds


@table(
    ("agents", "bound", "retry_after", "most"),
    [
        ((3,), 64, None, REFUSALS),
        ((3,), 64, 20.0, REFUSALS),
        ((1, 3, 7), 64, None, REFUSALS),
        ((3,), 1, None, REFUSALS_OF_ALL),
    ],
)
def test_calls_that_are_refused_while_others_are_answered_have_failed_and_no_other(
    tmp_path: Path, agents: tuple[int, ...], bound: int, retry_after: float | None, most: int
) -> None:
    run = Run(tmp_path, Endpoint(first_drafts_of(*agents), retry_after), bound)
    assert {line.key: line.error.kind for line in run.failed if line.error} == {
        CallKey(0, agent, "draft"): "rate_limited" for agent in agents
    }
    assert len(run.done) == 18
    assert sum(item.failed is not None for item in run.done) == len(agents)
    assert all(FEW + most <= line.tries <= 2 * (FEW + most) for line in run.failed)
    assert most <= len(run.endpoint.smallest) <= sum(line.tries for line in run.failed), (
        "one after each refusal at most"
    )


def calm(request: Request) -> bool:
    """Nothing is refused."""
    return False


# The endpoint refuses all, or all but the smallest request there is.
@table(
    ("seconds", "retry_after", "answers_smallest"),
    [(250, None, False), (250, 1.0, False), (120, 1.0, True), (900, 20.0, True)],
)
def test_refusals_of_all_for_a_while_lose_nothing(
    tmp_path: Path, seconds: float, retry_after: float | None, *, answers_smallest: bool
) -> None:
    def refuses(request: Request) -> bool:
        return 2 < now() < 2 + seconds and not (answers_smallest and request is SMALLEST)

    run = Run(tmp_path, Endpoint(refuses, retry_after))
    assert run.seconds > seconds
    assert len(run.done) == 18
    assert run.failed == []


@table("share", [0.3, 0.6])
def test_refusals_at_random_fail_no_call(tmp_path: Path, share: float) -> None:
    random = Random(1)
    run = Run(tmp_path, Endpoint(lambda request: random.random() < share))
    assert len(run.done) == 18
    assert run.failed == []


def test_what_is_answered_of_another_model_says_nothing() -> None:
    refusals = Refusals()
    with refusals.of("m", 0.0) as ask:
        for _ in range(2 * REFUSALS_OF_ALL):
            assert not refusals.refused(ask)
            assert refusals.look_into() == ("m" if ask.times > FEW else None)
            refusals.heard("other")
        for left in reversed(range(REFUSALS_OF_ALL)):
            refusals.heard("m")
            assert refusals.refused(ask) is (left == 0)
        assert refusals.are_all(1)
    assert not refusals.are_all(1), "it has ended"
