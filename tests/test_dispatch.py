"""The dispatcher: what was paid is journalled on every way out, limits hold, and a dead endpoint ends the run."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import pytest
from societies import plan, society

from agents.endpoints.scripted import Scripted
from agents.limits.health import GONE_TRIES
from agents.limits.limiter import Limiter
from agents.limits.retry import Retrying
from agents.model import ErrorKind, FatalModelError, ModelError, Reply, Request
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
from sandbox.runs.json_lines import read_lines
from sandbox.runs.records import CallKey, Interaction, JournalLine
from sandbox.simulation.attempt import journal_of
from sandbox.society.society import Society

Calls = Dispatcher[CallKey, Interaction]
LIMIT = 4
TRIES = 3


class Endpoint:
    """The scripted model behind a gate: request `number` (from 1) does what `act` says, after a turn of the loop.

    Requests that were `poisoned` by an error of `act` go on failing, try after try.
    """

    def __init__(self, act: Callable[[int], None] = lambda number: None, *, goes: bool = False) -> None:
        self.act, self.goes = act, goes
        self.poisoned: dict[str, Exception] = {}
        self.asked, self.in_flight, self.most = 0, 0, 0
        self.full = asyncio.Event()
        self.idle = asyncio.Event()
        self.held = asyncio.Event()
        self.held.set()

    async def complete(self, request: Request) -> Reply:
        self.asked += 1
        number = self.asked
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        if self.in_flight == LIMIT:
            self.full.set()
        try:
            await asyncio.sleep(0)
            await self.held.wait()
            if error := self.poisoned.get(request.digest()):
                raise error
            try:
                self.act(number)
            except ModelError as error:
                self.poisoned[request.digest()] = error
                raise
            return await Scripted().complete(request)
        finally:
            self.in_flight -= 1
            if not self.in_flight:
                self.idle.set()


async def briefly(seconds: float) -> None:
    """Some turns of the loop, in which others are answered."""
    for _ in range(40):
        await asyncio.sleep(0)


async def always_there(model: str | None) -> None:
    """An endpoint that answers the smallest request."""


async def not_there(model: str | None) -> None:
    raise ModelError("connection", "gone")


def dispatcher(here: Society, endpoint: Endpoint, folder: Path, journal: Journal[CallKey], **changes: Any) -> Calls:
    limiter = Limiter(LIMIT, first=LIMIT, rpm=changes.get("rpm"))
    retrying = Retrying(endpoint, limiter, TRIES, most_refusals=TRIES, sleep=briefly)
    lane = Lane("here", retrying, not_there if endpoint.goes else always_there, Turn(turns_at(limiter)))
    limits = Limits(calls=changes.get("budget_calls"), tokens=changes.get("budget_tokens"))
    accounts = Accounts(Prices.load(None), Budget(limits, changes.get("parent")))
    return Dispatcher(here, [lane], journal, KnownCalls(journal_of(RunDirectory(folder))), accounts)


def drive(
    path: Path, endpoint: Endpoint, after: Callable[[Calls, list[Interaction]], None], **changes: Any
) -> list[Interaction]:
    """Run a society of nine to its end, or until `after`, called with each batch, raises.

    However it ends, works beside it would find nothing set aside for it in a budget that they share.
    """
    done: list[Interaction] = []
    parent = Budget(Limits(calls=10**6))

    async def run() -> None:
        with closing(Journal(journal_of(RunDirectory(path.parent)))) as journal:
            calls = dispatcher(society(plan(rounds=2)), endpoint, path.parent, journal, parent=parent, **changes)
            async with aclosing(calls.run()) as batches:
                async for batch in batches:
                    done.extend(batch)
                    after(calls, batch)

    try:
        asyncio.run(run())
    finally:
        assert (parent.holds, parent.reserved) == (0, NOTHING)
    return done


def journalled(path: Path) -> list[JournalLine]:
    return list(read_lines(path, JournalLine))


def nothing(calls: Calls, batch: list[Interaction]) -> None:
    """Let it run."""


def raiser(error: Exception, at: int) -> Callable[[int], None]:
    def act(number: int) -> None:
        if number >= at:
            raise error

    return act


def test_never_more_in_flight_than_the_limit_and_no_fewer_than_possible(tmp_path: Path) -> None:
    endpoint = Endpoint()
    assert len(drive(tmp_path / "calls.jsonl", endpoint, nothing)) == 18
    assert endpoint.most == LIMIT
    assert len(journalled(tmp_path / "calls.jsonl")) == endpoint.asked


def test_an_endpoint_that_is_gone_stops_the_run_and_is_no_result(tmp_path: Path) -> None:
    endpoint = Endpoint(raiser(ModelError("connection", "gone"), at=40), goes=True)
    with pytest.raises(ModelError, match="here answers nothing any more: gone"):
        drive(tmp_path / "calls.jsonl", endpoint, nothing)
    lines = journalled(tmp_path / "calls.jsonl")
    assert len(lines) == 39
    assert all(line.error is None for line in lines)


@pytest.mark.parametrize("kind", ["connection", "timeout", "rate_limited"])
def test_a_call_that_fails_while_others_are_answered_is_a_failed_call(tmp_path: Path, kind: ErrorKind) -> None:
    def act(number: int) -> None:
        if number in (40, 41):
            raise ModelError(kind, "no")

    drive(tmp_path / "calls.jsonl", Endpoint(act), nothing)
    assert [line.error.kind for line in journalled(tmp_path / "calls.jsonl") if line.error] == [kind, kind]


@pytest.mark.parametrize("goes", [True, False])
def test_a_last_call_that_fails_is_a_failure_only_if_the_endpoint_is_there(tmp_path: Path, *, goes: bool) -> None:
    whole, last = tmp_path / "whole", tmp_path / "last"
    whole.mkdir()
    last.mkdir()
    healthy = Endpoint()
    drive(whole / "calls.jsonl", healthy, nothing)
    calls = healthy.asked
    failing = Endpoint(raiser(ModelError("server_error", "gone"), at=calls), goes=goes)
    if goes:
        with pytest.raises(ModelError, match="gone"):
            drive(last / "calls.jsonl", failing, nothing)
    else:
        assert sum(item.failed is not None for item in drive(last / "calls.jsonl", failing, nothing)) == 1
    assert len(journalled(last / "calls.jsonl")) == calls - goes
    assert failing.asked == calls - 1 + (1 if goes else 2) * TRIES


def test_where_nothing_succeeds_for_long_the_endpoint_is_checked_in_mid_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.limits.health.GONE_SECONDS", 0.0)
    endpoint = Endpoint(raiser(ModelError("timeout", "gone"), at=40), goes=True)
    with pytest.raises(ModelError, match="here answers nothing any more"):
        drive(tmp_path / "calls.jsonl", endpoint, nothing)
    assert endpoint.asked < 40 + GONE_TRIES + 2 * LIMIT
    assert len(journalled(tmp_path / "calls.jsonl")) == 39


def test_a_wrong_key_stops_the_run_and_keeps_what_was_paid(tmp_path: Path) -> None:
    endpoint = Endpoint(raiser(FatalModelError("authentication", "wrong key"), at=25))
    with pytest.raises(FatalModelError, match="wrong key"):
        drive(tmp_path / "calls.jsonl", endpoint, nothing)
    assert len(journalled(tmp_path / "calls.jsonl")) == 24


def test_a_fault_of_the_consumer_waits_for_what_is_in_flight(tmp_path: Path) -> None:
    endpoint = Endpoint()

    def fail(calls: Calls, batch: list[Interaction]) -> None:
        if endpoint.asked > 30:
            raise ValueError("a fault of ours")

    with pytest.raises(ValueError, match="a fault of ours"):
        drive(tmp_path / "calls.jsonl", endpoint, fail)
    assert len(journalled(tmp_path / "calls.jsonl")) == endpoint.asked


def test_a_stop_makes_no_further_call_and_keeps_the_rest(tmp_path: Path) -> None:
    endpoint = Endpoint()
    asked: list[int] = []

    def stop(calls: Calls, batch: list[Interaction]) -> None:
        if endpoint.asked > 30 and calls.stopped_by is None:
            calls.stop("interrupt")
            asked.append(endpoint.asked)

    drive(tmp_path / "calls.jsonl", endpoint, stop)
    assert asked == [endpoint.asked]
    assert len(journalled(tmp_path / "calls.jsonl")) == endpoint.asked


def test_a_stop_while_nothing_but_time_is_waited_for_ends_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        endpoint = Endpoint()
        with closing(Journal(journal_of(RunDirectory(tmp_path)))) as journal:
            calls = dispatcher(society(plan(rounds=1)), endpoint, tmp_path, journal, rpm=1)

            async def consume() -> None:
                async with aclosing(calls.run()) as batches:
                    async for _ in batches:
                        pass

            driving = asyncio.create_task(consume())
            await asyncio.wait_for(endpoint.idle.wait(), 30)
            calls.stop("interrupt")
            await asyncio.wait_for(driving, 30)
        assert endpoint.asked == 1

    asyncio.run(run())


def test_replies_that_arrive_with_a_cancellation_are_journalled(tmp_path: Path) -> None:
    async def run() -> int:
        endpoint = Endpoint()
        endpoint.held.clear()
        with closing(Journal(journal_of(RunDirectory(tmp_path)))) as journal:
            calls = dispatcher(society(plan(rounds=1)), endpoint, tmp_path, journal)

            async def consume() -> None:
                async with aclosing(calls.run()) as batches:
                    async for _ in batches:
                        pass

            driving = asyncio.create_task(consume())
            await asyncio.wait_for(endpoint.full.wait(), 30)
            endpoint.held.set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            arrived = LIMIT - endpoint.in_flight
            driving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await driving
        assert calls.accounts.all_calls == len(journalled(tmp_path / "calls.jsonl"))
        return arrived

    arrived = asyncio.run(run())
    assert arrived > 0
    assert len(journalled(tmp_path / "calls.jsonl")) >= arrived


def test_a_disk_that_cannot_be_synced_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.calls.arrivals.SYNC_SECONDS", 0.0)

    def broken(self: Journal) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Journal, "sync", broken)
    with pytest.raises(OSError, match="Input/output error"):
        drive(tmp_path / "calls.jsonl", Endpoint(), nothing)


def test_a_reply_from_before_an_endpoint_went_does_not_say_that_it_is_there(tmp_path: Path) -> None:
    """The slow call was sent first: its late reply must not turn the others into results of the run."""
    slow = asyncio.Event()

    class Going(Endpoint):
        async def complete(self, request: Request) -> Reply:
            self.asked += 1
            if self.asked == 1:
                await slow.wait()
                return await Scripted().complete(request)
            if self.asked == 4:
                slow.set()
            raise ModelError("connection", "gone")

    with pytest.raises(ModelError, match="gone"):
        drive(tmp_path / "calls.jsonl", Going(goes=True), nothing)
    assert [line.error for line in journalled(tmp_path / "calls.jsonl")] == [None]


def test_a_stop_beside_a_call_without_a_connection_is_a_stop(tmp_path: Path) -> None:
    endpoint = Endpoint(
        lambda number: raiser(ModelError("connection", "gone"), at=40)(number) if number == 40 else None, goes=True
    )

    def stop(calls: Calls, batch: list[Interaction]) -> None:
        if endpoint.asked >= 40:
            calls.stop("interrupt")

    drive(tmp_path / "calls.jsonl", endpoint, stop)
    assert all(line.error is None for line in journalled(tmp_path / "calls.jsonl"))


@pytest.mark.parametrize("most", [1, 25, 137])
def test_a_budget_of_calls_is_never_exceeded(tmp_path: Path, most: int) -> None:
    endpoint = Endpoint()
    reasons: list[str | None] = []
    drive(tmp_path / "calls.jsonl", endpoint, lambda calls, _: reasons.append(calls.stopped_by), budget_calls=most)
    assert endpoint.asked == most == len(journalled(tmp_path / "calls.jsonl"))


def test_tries_without_an_answer_count_against_the_budget(tmp_path: Path) -> None:
    class Forgetful(Endpoint):
        async def complete(self, request: Request) -> Reply:
            self.poisoned.clear()
            return await super().complete(request)

    def act(number: int) -> None:
        if number % 3 == 0:
            raise ModelError("timeout", "no", lost=True)

    endpoint = Forgetful(act)
    drive(tmp_path / "calls.jsonl", endpoint, nothing, budget_calls=40)
    assert 30 < endpoint.asked <= 40


def test_an_outage_that_ends_leaves_no_failures(tmp_path: Path) -> None:
    """Asks that used up their tries while nobody was answered are made again."""

    class Returning(Endpoint):
        async def complete(self, request: Request) -> Reply:
            self.poisoned.clear()
            return await super().complete(request)

    def act(number: int) -> None:
        if 40 <= number < 40 + TRIES * LIMIT:
            raise ModelError("connection", "away")

    endpoint = Returning(act)
    done = drive(tmp_path / "calls.jsonl", endpoint, nothing)
    assert len(done) == 18
    assert all(item.failed is None for item in done)
    assert all(line.error is None for line in journalled(tmp_path / "calls.jsonl"))


def test_answers_that_cannot_be_written_at_first_are_written_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = Endpoint()
    append, failures = Journal.append, [OSError(28, "No space left on device")]

    def full_once(self: Journal[CallKey], answers: Any) -> None:
        if endpoint.asked > 30 and failures:
            raise failures.pop()
        append(self, answers)

    monkeypatch.setattr(Journal, "append", full_once)
    with pytest.raises(OSError, match="No space left"):
        drive(tmp_path / "calls.jsonl", endpoint, nothing)
    assert len(journalled(tmp_path / "calls.jsonl")) == endpoint.asked


def test_answers_that_cannot_be_written_at_all_are_counted_as_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = Endpoint()
    append, seen = Journal.append, list[Calls]()

    def full(self: Journal[CallKey], answers: Any) -> None:
        if endpoint.asked > 30:
            raise OSError(28, "No space left on device")
        append(self, answers)

    monkeypatch.setattr(Journal, "append", full)
    with pytest.raises(OSError, match="No space left"):
        drive(tmp_path / "calls.jsonl", endpoint, lambda calls, _: seen.append(calls))
    lost = seen[-1].accounts.lost
    assert lost.calls == endpoint.asked - len(journalled(tmp_path / "calls.jsonl")) > 0
    assert lost.tokens > 256 * lost.calls
