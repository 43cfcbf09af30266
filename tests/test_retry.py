"""The retry loop, in virtual time: what is asked again, how long it waits, what it reports, what may be lost."""

import asyncio
from random import Random

import pytest
from tables import table
from virtual_time import now, run_virtually

from agents.limits.limiter import LONGEST_RETRY_AFTER, Limiter
from agents.limits.retry import FIRST_DELAY, LONGEST_DELAY, TRIES, Outcome, Retrying
from agents.model import ErrorKind, FatalModelError, Message, ModelError, Reply, Request

REQUEST = Request("m", (Message("user", "hello"),), 1.0, 8, 0, None)
HI = Reply("hi")


class Script:
    """A model that gives these answers in turn, a second each."""

    def __init__(self, *answers: Reply | ModelError) -> None:
        self.answers = list(answers)
        self.asked: list[float] = []

    async def complete(self, request: Request) -> Reply:
        assert request == REQUEST
        self.asked.append(now())
        await asyncio.sleep(1)
        answer = self.answers.pop(0)
        if isinstance(answer, ModelError):
            raise answer
        return answer

    @property
    def waits(self) -> list[float]:
        """Seconds between the end of a try and the next."""
        return [later - earlier - 1 for earlier, later in zip(self.asked, self.asked[1:], strict=False)]


class Asked:
    """What came of one ask."""

    def __init__(
        self, *answers: Reply | ModelError, tries: int = 6, seed: int = 1, most_refusals: int | None = None
    ) -> None:
        self.script = Script(*answers)
        self.lost: list[float] = []

        async def ask() -> None:
            limiter = Limiter(1, clock=now)
            retrying = Retrying(self.script, limiter, tries, most_refusals=most_refusals, random=Random(seed))
            try:
                self.outcome = await retrying.ask(REQUEST, lost=lambda: self.lost.append(now()))
            finally:
                assert limiter.on_the_wire == 0

        self.seconds = run_virtually(ask)
        self.waits = self.script.waits


def failure(kind: ErrorKind, retry_after: float | None = None, *, lost: bool = False) -> ModelError:
    return ModelError(kind, kind, status=500, retry_after=retry_after, lost=lost)


def test_an_answer_at_once() -> None:
    asked = Asked(HI)
    assert asked.outcome == Outcome(HI, None, 1, 1.0)
    assert (asked.waits, asked.lost) == ([], [])


@table("kind", ["rate_limited", "server_error", "timeout", "connection", "malformed"])
def test_passing_faults_are_asked_again(kind: ErrorKind) -> None:
    asked = Asked(failure(kind), failure(kind), HI)
    assert (asked.outcome.answer, asked.outcome.tries) == (HI, 3)
    assert asked.outcome.latency == pytest.approx(3 + sum(asked.waits)) == asked.seconds
    assert len(asked.waits) == 2


@table("kind", ["bad_request", "filtered", "empty"])
def test_lasting_faults_are_not_asked_again(kind: ErrorKind) -> None:
    outcome = Asked(failure(kind)).outcome
    assert (outcome.answer, outcome.tries, outcome.reply) == (kind, 1, None)


def test_a_fatal_error_ends_everything() -> None:
    with pytest.raises(FatalModelError):
        Asked(FatalModelError("rate_limited", "no quota left"), HI)


def test_it_gives_up_after_the_last_try() -> None:
    asked = Asked(*[failure("timeout")] * 3, tries=3)
    assert (asked.outcome.answer, asked.outcome.tries, len(asked.waits)) == ("timeout", 3, 2)


def test_retry_after_comes_first_and_is_not_undercut() -> None:
    """Defect 15 of the original: Retry-After was ignored."""
    waits = [Asked(failure("rate_limited", 7.0), HI, seed=seed).waits[0] for seed in range(100)]
    assert min(waits) >= 7.0
    assert max(waits) <= 7.0 + FIRST_DELAY
    assert len({round(wait, 6) for wait in waits}) > 90, "those who were refused together come back one by one"


def test_a_retry_after_of_hours_is_waited_for_in_pieces() -> None:
    for seconds in (LONGEST_RETRY_AFTER, 24 * 3600.0):
        asked = Asked(failure("rate_limited", seconds), HI)
        assert (asked.outcome.reply, asked.outcome.tries) == (HI, 2)
        assert LONGEST_RETRY_AFTER <= asked.waits[0] <= LONGEST_RETRY_AFTER + FIRST_DELAY


def test_refusals_do_not_use_up_the_tries_of_an_ask_and_are_without_end_unless_a_number_is_given() -> None:
    refused = [failure("rate_limited", 0.01)] * 200
    asked = Asked(failure("timeout"), *refused, failure("timeout"), HI, tries=3)
    assert (asked.outcome.reply, asked.outcome.tries) == (HI, 203)
    asked = Asked(*refused, most_refusals=7)
    assert (asked.outcome.answer, asked.outcome.tries) == ("rate_limited", 7)


def test_who_is_refused_again_and_again_waits_longer_though_others_are_answered() -> None:
    async def unlucky() -> None:
        limiter = Limiter(64, clock=now)
        ask = asyncio.create_task(Retrying(script, limiter, random=Random(1)).ask(REQUEST))
        while not ask.done():
            await asyncio.sleep(0.1)
            limiter.leave(limiter.slot(REQUEST), HI, None)

    script = Script(*[failure("rate_limited")] * 100, HI)
    run_virtually(unlucky)
    assert max(script.waits[:3]) <= 2 * FIRST_DELAY
    assert LONGEST_DELAY / 3 < sum(script.waits[50:]) / 50 < LONGEST_DELAY


@table(("kind", "count"), [("timeout", TRIES - 1), ("rate_limited", 7)])
def test_delays_grow_have_jitter_and_stay_bounded(kind: ErrorKind, count: int) -> None:
    waits = [Asked(*[failure(kind)] * count, HI, tries=TRIES, seed=seed).waits for seed in range(200)]
    by_number = list(zip(*waits, strict=True))
    assert len(by_number) == count
    for number, delays in enumerate(by_number, 1):
        longest = min(LONGEST_DELAY, FIRST_DELAY * 2**number)
        assert 0.9 * longest < max(delays) <= longest + 1e-9
        assert min(delays) < 0.1 * longest
    assert len({round(wait, 6) for wait in by_number[0]}) > 150


def test_an_endpoint_that_answers_others_is_not_waited_for_longer_and_longer() -> None:
    async def unlucky() -> None:
        limiter = Limiter(1, clock=now)
        ask = asyncio.create_task(Retrying(script, limiter, 9, random=Random(1)).ask(REQUEST))
        while not ask.done():
            await asyncio.sleep(0.01)
            limiter.health.succeeded(now())

    script = Script(*[failure("timeout")] * 9)
    run_virtually(unlucky)
    assert len(script.waits) == 8
    assert max(script.waits) <= 2 * FIRST_DELAY


def test_each_try_that_may_have_been_paid_is_told() -> None:
    lost, refused = failure("timeout", lost=True), failure("rate_limited")
    asked = Asked(lost, refused, lost, refused, HI)
    starts = asked.script.asked
    assert asked.lost == [starts[0] + 1, starts[2] + 1]
    assert len(Asked(lost, lost, lost, tries=3).lost) == 3, "the last one too"
    assert Asked(failure("bad_request")).lost == []


class OutOfBudgetError(Exception):
    """What a caller may raise."""


def test_what_the_caller_raises_for_a_lost_try_ends_the_ask() -> None:
    def no_more() -> None:
        raise OutOfBudgetError

    async def ask() -> None:
        limiter = Limiter(1, clock=now)
        with pytest.raises(OutOfBudgetError):
            await Retrying(script, limiter).ask(REQUEST, lost=no_more)
        assert limiter.on_the_wire == 0

    script = Script(failure("timeout", lost=True), HI)
    assert run_virtually(ask) == 1.0
    assert len(script.asked) == 1


# In the first try, between two tries, in the second try.
@table(("seconds", "lost"), [(0.5, 1), (1.05, 0), (1.5, 1)])
def test_a_cancelled_try_may_have_been_paid(seconds: float, lost: int) -> None:
    async def cancelled() -> None:
        limiter = Limiter(1, clock=now)
        retrying = Retrying(Script(failure("rate_limited"), HI), limiter, random=Random(4))
        ask = asyncio.create_task(retrying.ask(REQUEST, lost=lambda: told.append(now())))
        await asyncio.sleep(seconds)
        ask.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ask
        assert (limiter.on_the_wire, limiter.may_enter()) == (0, True)

    told: list[float] = []
    run_virtually(cancelled)
    assert told == [seconds] * lost


def test_the_first_try_has_the_slot_that_was_given() -> None:
    async def ask() -> None:
        limiter = Limiter(1, clock=now)
        slot = limiter.slot(REQUEST)
        await asyncio.sleep(3)
        outcome = await Retrying(script, limiter, random=Random(1)).ask(REQUEST, slot)
        assert outcome.latency == now(), "from when the slot was taken"
        assert limiter.on_the_wire == 0

    script = Script(failure("timeout"), HI)
    run_virtually(ask)
    assert script.asked[0] == 3


def test_every_try_waits_for_the_limiter() -> None:
    async def ask() -> None:
        limiter = Limiter(1, rpm=6, clock=now)
        await Retrying(script, limiter, random=Random(1)).ask(REQUEST)

    script = Script(failure("timeout"), failure("timeout"), HI)
    run_virtually(ask)
    assert script.asked == pytest.approx([0, 10, 20])


def test_no_try_is_on_the_wire_while_it_waits_for_the_next() -> None:
    async def ask() -> None:
        limiter = Limiter(1, clock=now)
        retrying = Retrying(script, limiter, random=Random(1))
        waiting = asyncio.create_task(retrying.ask(REQUEST))
        await asyncio.sleep(1.01)
        assert limiter.may_enter()
        waiting.cancel()

    script = Script(failure("rate_limited", 60.0))
    run_virtually(ask)


# In a try, in the wait for the next, in line for it.
@table(("stopped_at", "ended_at"), [(0.5, 1.0), (1.05, 1.05), (2.0, 2.0)])
def test_told_to_stop_it_sends_no_further_try(stopped_at: float, ended_at: float) -> None:
    async def stopped() -> None:
        limiter = Limiter(1, clock=now)
        retrying = Retrying(script, limiter, random=Random(4))
        asyncio.get_running_loop().call_later(stopped_at, retrying.stop)
        ask, other = asyncio.create_task(retrying.ask(REQUEST)), asyncio.create_task(limiter.enter(REQUEST))
        with pytest.raises(asyncio.CancelledError):
            await ask
        assert now() == ended_at
        limiter.leave(await other, HI, None)
        assert (limiter.on_the_wire, limiter.may_enter()) == (0, True)

    script = Script(failure("timeout"), HI)
    run_virtually(stopped)
    assert len(script.asked) == 1


def test_what_is_in_flight_when_it_stops_is_answered() -> None:
    async def stopped() -> None:
        retrying = Retrying(Script(failure("timeout"), HI), Limiter(1, clock=now), random=Random(4))
        ask = asyncio.create_task(retrying.ask(REQUEST))
        await asyncio.sleep(1.5)
        retrying.stop()
        assert (await ask).reply == HI

    run_virtually(stopped)
