"""Works that share an endpoint take its places by rank: the first one ends hardly later than alone, all no later."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, closing
from pathlib import Path
from random import Random

import pytest
from simulated_endpoint import refusal
from societies import plan, society
from virtual_time import now, run_virtually

from agents.endpoints.scripted import Scripted
from agents.limits.limiter import Limiter
from agents.limits.retry import Retrying
from agents.model import Reply, Request
from sandbox.calls.accounts import Accounts
from sandbox.calls.dispatch import Dispatcher
from sandbox.calls.journal import Journal
from sandbox.calls.known import KnownCalls
from sandbox.calls.lane import Lane, turns_at
from sandbox.calls.prices import Prices
from sandbox.calls.turns import Turn, Turns
from sandbox.runs.directory import RunDirectory
from sandbox.simulation.attempt import journal_of

PLACES = 8


class Busy:
    """Answers after a third of a second or so, and refuses whoever finds it full."""

    def __init__(self) -> None:
        self.random, self.inside = Random(1), 0

    async def complete(self, request: Request) -> Reply:
        self.inside += 1
        try:
            if self.inside > PLACES:
                raise refusal()
            await asyncio.sleep(0.3 * self.random.lognormvariate(0, 0.7))
            return await Scripted().complete(request)
        finally:
            self.inside -= 1


async def there(model: str | None) -> None:
    """It answers the smallest request."""


def ends(folder: Path, ranks: Sequence[int]) -> list[float]:
    """When a society of each of `ranks` ends that all ask one endpoint (seconds)."""
    ended = [0.0] * len(ranks)

    async def drive(number: int, lane: Lane) -> None:
        here = folder / f"{len(ranks)}-{ranks[0]}-{number}"
        here.mkdir()
        files = journal_of(RunDirectory(here))
        with closing(Journal(files)) as journal:
            work, accounts = society(plan(grid=4, rounds=3, radius=2, seed=number)), Accounts(Prices.load(None))
            dispatcher = Dispatcher(work, [lane], journal, KnownCalls(files), accounts)
            async with aclosing(dispatcher.run()) as batches:
                async for _ in batches:
                    pass
        ended[number] = now()

    async def run() -> None:
        limiter = Limiter(PLACES, clock=now)
        turns, endpoint = turns_at(limiter), Busy()
        lanes = (
            Lane("here", Retrying(endpoint, limiter, random=Random(1)), there, Turn(turns, rank)) for rank in ranks
        )
        await asyncio.gather(*(drive(number, lane) for number, lane in enumerate(lanes)))

    run_virtually(run)
    return ended


@pytest.mark.slow
def test_the_first_by_rank_ends_first_and_all_no_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.calls.arrivals.SYNC_SECONDS", 10.0**6)
    alone = ends(tmp_path, [0])[0]
    # The first by rank comes last: those before it have taken all places when it begins.
    last, middle, first = ends(tmp_path, [2, 1, 0])
    assert first < 1.15 * alone
    assert first < middle < last < 3.05 * alone


def test_nobody_takes_what_an_earlier_one_waits_for_and_each_is_woken_in_turn() -> None:
    turns = Turns()
    works = [(Turn(turns, rank), asyncio.Event()) for rank in (2, 0, 1)]
    for turn, woken in works:
        turn.join(woken)
    (third, _), (first, woken_first), (second, woken_second) = works
    first.found(lacks=True, waits=True)
    assert not second.is_next()
    assert not third.is_next()
    turns.tell()
    assert (woken_first.is_set(), woken_second.is_set()) == (True, False)
    first.found(lacks=False, waits=False)
    assert not second.is_next(), "who is awake and has not looked may take it yet"
    woken_first.clear()
    first.pass_on()
    assert woken_second.is_set()
    assert second.is_next()
    assert not third.is_next()
    second.leave()
    assert third.is_next()
