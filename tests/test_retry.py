"""The retry loop, on a clock of its own: what is asked again, how long it waits, what it reports."""

import asyncio
from random import Random

import pytest

from agents.model import Cue, ErrorKind, FatalModelError, Message, ModelError, Reply, Request
from agents.retry import LONGEST_RETRY_AFTER, Outcome, Retrying

REQUEST = Request("m", (Message("user", "hello"),), 1.0, 8, 0, None, Cue("draft", None, 0, ""))


class Clock:
    """Time that passes only when somebody sleeps or answers."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class Script:
    """A model that gives these answers in turn, a second each."""

    def __init__(self, clock: Clock, *answers: Reply | ModelError) -> None:
        self.clock, self.answers = clock, list(answers)

    async def complete(self, request: Request) -> Reply:
        assert request == REQUEST
        self.clock.now += 1
        answer = self.answers.pop(0)
        if isinstance(answer, ModelError):
            raise answer
        return answer


def run(clock: Clock, *answers: Reply | ModelError, tries: int = 6) -> Outcome:
    retrying = Retrying(Script(clock, *answers), tries, random=Random(1), sleep=clock.sleep, clock=clock)
    return asyncio.run(retrying.ask(REQUEST))


def failure(kind: ErrorKind, retry_after: float | None = None) -> ModelError:
    return ModelError(kind, kind, status=500, retry_after=retry_after)


def test_an_answer_at_once() -> None:
    clock = Clock()
    assert run(clock, Reply("hi")) == Outcome(Reply("hi"), None, 1, 1.0)
    assert clock.waits == []


@pytest.mark.parametrize("kind", ["rate_limited", "server_error", "timeout", "connection", "malformed"])
def test_passing_faults_are_asked_again(kind: ErrorKind) -> None:
    clock = Clock()
    outcome = run(clock, failure(kind), failure(kind), Reply("hi"))
    assert (outcome.answer, outcome.tries) == (Reply("hi"), 3)
    assert outcome.latency == pytest.approx(3 + sum(clock.waits))
    assert len(clock.waits) == 2


@pytest.mark.parametrize("kind", ["bad_request", "filtered", "empty"])
def test_lasting_faults_are_not_asked_again(kind: ErrorKind) -> None:
    outcome = run(Clock(), failure(kind))
    assert (outcome.answer, outcome.tries, outcome.reply) == (kind, 1, None)


def test_a_fatal_error_ends_everything() -> None:
    with pytest.raises(FatalModelError):
        run(Clock(), FatalModelError("authentication", "wrong key"))


def test_it_gives_up_after_the_last_try() -> None:
    clock = Clock()
    outcome = run(clock, *[failure("timeout")] * 3, tries=3)
    assert (outcome.answer, outcome.tries, len(clock.waits)) == ("timeout", 3, 2)


def test_retry_after_comes_first_and_is_not_undercut() -> None:
    """Defect 15 of the original: Retry-After was ignored."""
    clock = Clock()
    run(clock, failure("rate_limited", 7.0), Reply("hi"))
    assert 7.0 <= clock.waits[0] <= 7.5


def test_a_retry_after_of_hours_is_not_waited_for() -> None:
    clock = Clock()
    outcome = run(clock, failure("rate_limited", LONGEST_RETRY_AFTER + 1))
    assert (outcome.answer, clock.waits) == ("rate_limited", [])


def test_delays_grow_have_jitter_and_stay_bounded() -> None:
    delays = [Clock() for _ in range(200)]
    retrying = [
        Retrying(Script(clock, *[failure("timeout")] * 9), 9, sleep=clock.sleep, clock=clock) for clock in delays
    ]
    for each in retrying:
        asyncio.run(each.ask(REQUEST))
    by_number = list(zip(*(clock.waits for clock in delays), strict=True))
    assert all(max(waits) <= min(20.0, 0.5 * 2**number) for number, waits in enumerate(by_number, 1))
    assert max(by_number[4]) > 4 * max(by_number[0])
    assert len({round(wait, 6) for wait in by_number[0]}) > 150


def test_told_to_stop_it_sends_no_further_try() -> None:
    async def stopped_while_waiting() -> None:
        retrying = Retrying(Script(Clock(), failure("timeout")), random=Random(1))
        ask = asyncio.create_task(retrying.ask(REQUEST))
        await asyncio.sleep(0)
        retrying.stop()
        with pytest.raises(asyncio.CancelledError):
            await ask

    async def stopped_before_the_try_failed() -> None:
        retrying = Retrying(Script(Clock(), failure("timeout")))
        retrying.stop()
        with pytest.raises(asyncio.CancelledError):
            await retrying.ask(REQUEST)

    asyncio.run(stopped_while_waiting())
    asyncio.run(stopped_before_the_try_failed())
