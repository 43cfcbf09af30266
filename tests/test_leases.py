"""Workers that borrow an endpoint's room and a budget, in one loop: together they keep what one process would keep."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, closing, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from societies import plan, society

from agents.endpoints.scripted import Scripted
from agents.limits.limiter import Limiter
from agents.limits.retry import Retrying
from agents.model import ModelError, Reply, Request, Usage
from sandbox.calls.accounts import Accounts
from sandbox.calls.budget import Budget, Limits
from sandbox.calls.dispatch import Dispatcher
from sandbox.calls.journal import Journal
from sandbox.calls.known import KnownCalls
from sandbox.calls.lane import Lane, turns_at
from sandbox.calls.prices import Prices
from sandbox.calls.spending import NOTHING
from sandbox.calls.turns import Turn
from sandbox.runs.directory import RunDirectory
from sandbox.runs.records import CallKey, Interaction
from sandbox.society.tally import journal_of
from sandbox.studies.leases.desk import Desk
from sandbox.studies.leases.leases import Leases

ROUTE = "there"
# Turns of the event loop: what a message takes is nothing beside what a call takes.
CALL, MESSAGE = 50, 1


class Endpoint:
    """The scripted model after some turns of the loop. It refuses what is beyond `most` at once.

    Each try that `fails`, by its number, is lost. Replies take `too_much` tokens more than they should.
    """

    def __init__(self, most: int = 10**6, fails: Callable[[int], bool] = lambda number: False) -> None:
        self.most, self.fails = most, fails
        self.too_much = 0
        self.asked = self.in_flight = self.refused = self.answered = self.tokens = 0
        self.in_flight_at_first = 0

    async def complete(self, request: Request) -> Reply:
        self.asked += 1
        number = self.asked
        if self.in_flight >= self.most:
            self.refused += 1
            raise ModelError("rate_limited", "too many")
        self.in_flight += 1
        try:
            await turns(CALL)
            if self.fails(number):
                raise ModelError("timeout", "late", lost=True)
            return self._answer(await Scripted().complete(request))
        finally:
            self.in_flight -= 1

    def _answer(self, reply: Reply) -> Reply:
        assert reply.usage
        self.in_flight_at_first = self.in_flight_at_first or self.in_flight
        self.answered += 1
        completion = reply.usage.completion_tokens + self.too_much
        self.tokens += reply.usage.prompt_tokens + completion
        return Reply(reply.text, usage=Usage(prompt_tokens=reply.usage.prompt_tokens, completion_tokens=completion))


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def briefly(seconds: float) -> None:
    await turns(CALL)


async def always_there(model: str | None) -> None:
    """It answers."""


class Worker:
    """A society of its own, over what `desk` lends, that `dies` when so many interactions are done."""

    def __init__(self, cell: int, desk: Desk, endpoint: Endpoint, folder: Path, dies: int | None = None) -> None:
        self.cell, self.desk, self.endpoint, self.dies = cell, desk, endpoint, dies
        self.directory = RunDirectory(folder)
        self.messages: list[Mapping[str, Any]] = []
        self.done: list[Interaction] = []
        self.stopped_by: str | None = None
        self._is_dead = False

    async def run(self, limits: Limits) -> None:
        self.directory.path.mkdir(parents=True)
        leases = Leases(self._up, limits)
        self.desk.join(self.cell, lambda message: self._later(leases.receive, message))
        run = asyncio.create_task(self._work(leases))
        with suppress(asyncio.CancelledError):
            await run
        if self._is_dead:
            spent = leases.budget.spent.plus(leases.budget.reserved)
            self.desk.leave(self.cell, spent)
            return
        leases.farewell()
        await turns(MESSAGE + 1)
        self.desk.leave(self.cell)

    async def _work(self, leases: Leases) -> None:
        limiter = leases.limiter(ROUTE, 64)
        lane = Lane(ROUTE, Retrying(self.endpoint, limiter, sleep=briefly), always_there, Turn(turns_at(limiter)))
        accounts = Accounts(Prices.load(None), Budget(parent=leases.budget))
        here = society(plan(rounds=2, seed=self.cell))
        here.affords, here.may_begin = accounts.share.affords, accounts.share.may_begin
        files = journal_of(self.directory)
        with closing(Journal(files)) as journal:
            calls: Dispatcher[CallKey, Interaction] = Dispatcher(here, [lane], journal, KnownCalls(files), accounts)
            async with aclosing(calls.run()) as batches:
                async for batch in batches:
                    self.done.extend(batch)
                    if self.dies is not None and len(self.done) >= self.dies:
                        self._is_dead = True
                        raise asyncio.CancelledError
        self.stopped_by = calls.stopped_by

    def _up(self, message: Mapping[str, Any]) -> None:
        self.messages.append(message)
        self._later(lambda told: self.desk.receive(self.cell, told), message)

    def _later(self, deliver: Callable[[Any], object], message: Mapping[str, Any], after: int = MESSAGE) -> None:
        """As JSON, some turns later; a dead worker says and hears nothing."""
        text, loop = json.dumps(message), asyncio.get_running_loop()
        if after:
            loop.call_soon(self._later, deliver, message, after - 1)
        elif not self._is_dead:
            deliver(json.loads(text))


def work(
    path: Path, endpoint: Endpoint, limits: Limits, count: int = 4, dies: Sequence[int | None] = (), window: int = 64
) -> tuple[Budget, list[Worker]]:
    """Run `count` workers to their end; what they spent, and how each ended."""

    async def run() -> tuple[Budget, list[Worker]]:
        limiter, budget = Limiter(window), Budget(limits)
        desk = Desk(budget)
        desk.add(ROUTE, limiter)
        several = [Worker(cell, desk, endpoint, path / str(cell), *dies[cell : cell + 1]) for cell in range(count)]
        async with asyncio.timeout(20):
            await asyncio.gather(*(worker.run(limits) for worker in several))
        assert (limiter.on_the_wire, budget.holds, budget.reserved) == (0, 0, NOTHING), "all was given back"
        return budget, several

    return asyncio.run(run())


def share_spent(budget: Budget) -> float:
    """How much of what is limited is spent."""
    return max(spent / limit for spent, limit in zip(budget.spent, budget.limits, strict=True) if limit)


@pytest.mark.slow
def test_four_are_refused_as_often_as_one(tmp_path: Path) -> None:
    one, four = Endpoint(most=12), Endpoint(most=12)
    work(tmp_path / "one", one, Limits(), count=1)
    _, several = work(tmp_path / "four", four, Limits())
    assert [len(worker.done) for worker in several] == [18] * 4
    assert one.refused
    assert four.refused / four.asked <= 1.2 * one.refused / one.asked
    assert sum(len(worker.messages) for worker in several) < four.asked / 3, "in bulk"


@pytest.mark.parametrize("limits", [Limits(calls=500), Limits(tokens=100_000)], ids=["calls", "tokens"])
@pytest.mark.parametrize("faulty", [False, True], ids=["well", "faulty"])
def test_a_budget_is_used_up_and_never_exceeded(tmp_path: Path, limits: Limits, faulty: bool) -> None:
    endpoint = Endpoint(fails=lambda number: faulty and number % 7 == 3)
    budget, several = work(tmp_path, endpoint, limits)
    assert limits.allow(budget.spent)
    assert share_spent(budget) >= 0.95
    assert (endpoint.asked, endpoint.answered) <= (budget.spent.calls, budget.spent.calls)
    assert endpoint.tokens <= budget.spent.tokens
    assert {worker.stopped_by for worker in several} in ({None, "budget"}, {"budget"})
    done = [len(worker.done) for worker in several]
    assert done[0] == max(done), "whole cells first"
    assert endpoint.in_flight_at_first == 1 or not limits.tokens, "until it is known what replies take"


def test_what_a_dead_worker_did_not_spend_is_there_for_others(tmp_path: Path) -> None:
    endpoint, limits = Endpoint(), Limits(calls=500)
    budget, several = work(tmp_path, endpoint, limits, dies=[3, None, 5])
    assert endpoint.asked <= budget.spent.calls == 500
    done = [len(worker.done) for worker in several]
    assert (done[0] < 18, done[1], done[2] < 18) == (True, 18, True)
    assert several[3].stopped_by == "budget"


def test_all_hear_of_replies_that_are_longer_than_they_should_be(tmp_path: Path) -> None:
    endpoint, limits = Endpoint(), Limits(tokens=150_000)
    endpoint.too_much = 500
    budget, _ = work(tmp_path, endpoint, limits)
    assert endpoint.tokens <= budget.spent.tokens <= 150_000
    assert share_spent(budget) >= 0.9


@pytest.mark.parametrize("limits", [Limits(calls=57), Limits(tokens=12_000)], ids=["calls", "tokens"])
def test_nobody_waits_for_ever_for_what_another_keeps(tmp_path: Path, limits: Limits) -> None:
    for seed in range(4):
        random = Random(seed)
        endpoint = Endpoint(fails=lambda number, random=random: random.random() < 0.3)  # type: ignore[misc]
        budget, _ = work(tmp_path / str(seed), endpoint, limits, window=2)
        assert limits.allow(budget.spent)
        assert share_spent(budget) >= 0.85


def test_who_was_denied_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "CALL", 3)
    monkeypatch.setattr(sys.modules[__name__], "MESSAGE", 5)
    random = Random(6)
    endpoint = Endpoint(fails=lambda number: random.random() < 0.15)
    budget, _ = work(tmp_path, endpoint, Limits(tokens=181_441), 6, (3, None, 3, None, 3, None))
    assert share_spent(budget) >= 0.95
