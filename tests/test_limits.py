"""When tries may leave: one limiter told outcomes by hand, and whole runs against simulated endpoints in virtual time.

No time here is measured: virtual time makes every number below the same on every machine.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_endpoint import (
    ESTIMATE,
    REQUEST,
    Driven,
    SimulatedEndpoint,
    TokenBucket,
    at_random,
    drive,
    limited_number,
    most_within,
)
from virtual_time import now, run_virtually

from agents.bucket import SLACK_SECONDS
from agents.limits import GONE_SECONDS, GONE_TRIES, LONGEST_RETRY_AFTER, Limiter, Slot
from agents.model import ErrorKind, ModelError, Reply, Request, Usage
from agents.quota import Allowance, Quota
from agents.retry import TRIES
from agents.window import FIRST_SECOND

HI = Reply("hi")


def refusal(retry_after: float | None = None) -> ModelError:
    return ModelError("rate_limited", "slow down", status=429, retry_after=retry_after)


def failure(kind: ErrorKind = "timeout") -> ModelError:
    return ModelError(kind, kind)


class Told:
    """A limiter that is told by hand what became of each try, on a clock of the test."""

    def __init__(self, first: int = 64, bound: int = 64) -> None:
        self.now = 0.0
        self.limiter = Limiter(bound, first=first, clock=lambda: self.now)

    def send(self, count: int) -> list[Slot]:
        self.now += 1.0
        return [self.limiter.slot(REQUEST) for _ in range(count)]

    def end(self, slots: Sequence[Slot], result: Reply | ModelError) -> None:
        self.now += 0.01
        for slot in slots:
            if isinstance(result, Reply):
                self.limiter.leave(slot, result, None)
            else:
                self.limiter.leave(slot, None, result)

    def tries(self, count: int, result: Reply | ModelError) -> None:
        """One after the other, a second each."""
        for _ in range(count):
            self.end(self.send(1), result)


# --- Who may enter, and in which order


class Watched(Limiter):
    """Notes who enters, by the seed of the request."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.entered: list[int] = []

    def slot(self, request: Request) -> Slot:
        slot = super().slot(request)
        assert self.on_the_wire <= self.window <= self.bound
        self.entered.append(request.seed)
        return slot


@dataclass
class Crowd:
    """Callers that come, wait, are served and give up as they are told; each has a number, in order of coming."""

    limiter: Watched
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)
    inside: list[Slot] = field(default_factory=list)

    def come(self, where: int) -> None:
        async def call(number: int) -> None:
            self.inside.append(await self.limiter.enter(replace(REQUEST, seed=number)))

        self.tasks.append(asyncio.create_task(call(len(self.tasks))))

    def give_up(self, where: int) -> None:
        if unfinished := [task for task in self.tasks if not task.done()]:
            unfinished[where % len(unfinished)].cancel()

    def end(self, where: int, result: Reply | ModelError | None = HI) -> None:
        if self.inside:
            slot = self.inside.pop(where % len(self.inside))
            error = result if isinstance(result, ModelError) else None
            self.limiter.leave(slot, result if isinstance(result, Reply) else None, error)

    async def go_home(self) -> None:
        """Everybody who still waits is served; raises `RuntimeError` if somebody waits for ever."""
        while unfinished := [task for task in self.tasks if not task.done()]:
            if self.inside:
                self.end(0)
                await asyncio.sleep(0)
            else:
                await asyncio.wait(unfinished, return_when=asyncio.FIRST_COMPLETED)
        while self.inside:
            self.end(0)


STEPS: dict[str, Callable[[Crowd, int], None]] = {
    "come": Crowd.come,
    "give up": Crowd.give_up,
    "answered": Crowd.end,
    "refused": lambda crowd, where: crowd.end(where, refusal()),
    "refused for a while": lambda crowd, where: crowd.end(where, refusal(2.5)),
    "broken": lambda crowd, where: crowd.end(where, failure("server_error")),
    "not taken": lambda crowd, where: crowd.end(where, failure("bad_request")),
    "cancelled": lambda crowd, where: crowd.end(where, None),
}


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.sampled_from([*STEPS, "come", "come"]), st.integers(0, 9), st.sampled_from([None, 0, 0, 1]))),
    st.integers(1, 5),
    st.sampled_from([None, 30]),
)
def test_first_come_first_served_within_the_window_and_no_hole_is_left(
    steps: list[tuple[str, int, float | None]], bound: int, rpm: int | None
) -> None:
    async def run() -> None:
        limiter = Watched(bound, first=3, rpm=rpm, clock=now)
        crowd = Crowd(limiter)
        for step, where, pause in steps:
            STEPS[step](crowd, where)
            if pause is not None:
                await asyncio.sleep(pause)
        await crowd.go_home()
        assert limiter.on_the_wire == 0
        assert limiter.entered == sorted(limiter.entered)
        served = {number for number, task in enumerate(crowd.tasks) if not task.cancelled()}
        assert served <= set(limiter.entered)
        await asyncio.sleep(1000)
        assert limiter.is_open

    run_virtually(run)


def test_a_waiter_that_gave_up_keeps_nobody_waiting() -> None:
    async def run() -> None:
        limiter = Limiter(1, clock=now)
        slot = limiter.slot(REQUEST)
        first, second, third = (asyncio.create_task(limiter.enter(REQUEST)) for _ in range(3))
        await asyncio.sleep(1)
        first.cancel()
        limiter.leave(slot, HI, None)
        second.cancel()  # its turn has come, and it does not know yet
        limiter.leave(await third, HI, None)
        assert (limiter.on_the_wire, limiter.is_open, now()) == (0, True, 1)

    run_virtually(run)


def test_a_newcomer_does_not_overtake_those_who_wait() -> None:
    async def run() -> None:
        limiter = Limiter(1, clock=now)
        slot = limiter.slot(REQUEST)
        waiting = asyncio.create_task(limiter.enter(REQUEST))
        await asyncio.sleep(1)
        limiter.leave(slot, HI, None)
        assert not limiter.is_open
        await waiting

    run_virtually(run)


RESULTS = {"answered": None, "refused": refusal(), "refused for a while": refusal(2.5)}
RESULTS |= {kind: failure(kind) for kind in ("server_error", "timeout", "bad_request", "malformed")}


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([*RESULTS]), max_size=120),
    st.sampled_from([*RESULTS]),
    st.integers(1, 20),
    st.sampled_from([{}, {"rpm": 40}, {"tpm": 3000}, {"rpm": 600, "tpm": 30}]),
)
def test_whatever_the_outcomes_a_run_ends(
    results: list[str], finally_: str, bound: int, limits: dict[str, int]
) -> None:
    coming = iter(results)
    endpoint = SimulatedEndpoint(latency=0.2, breaks=lambda: RESULTS[next(coming, finally_)])
    assert len(drive(endpoint, 30, bound=bound, **limits).outcomes) == 30
    assert endpoint.most <= bound


# --- Refusals: when they are an episode, and what an episode does


@pytest.mark.parametrize(
    ("tries", "is_episode"),
    [
        ("x" * 8, True),
        ("x" * 7, False),
        ("xx." * 4, True),
        (".x" * 16, True),
        ("x.." * 16, True),
        ("x..." * 60, False),
        ("xxxxxx" + "." * 30 + "xxxxxx", False),
        ("." * 9 + "x", False),
        (("." * 9 + "x") * 50, False),
    ],
)
def test_many_refusals_close_together_are_an_episode(tries: str, is_episode: bool) -> None:
    told = Told()
    sizes = set()
    for each in tries:
        told.tries(1, refusal() if each == "x" else HI)
        sizes.add(told.limiter.window)
    assert sizes == ({64, 32} if is_episode else {64})


def test_however_many_refusals_an_episode_has_one_cut() -> None:
    told = Told()
    told.end(told.send(64), refusal())
    assert told.limiter.window == 32
    sent_before = told.send(20)
    told.end(told.send(7), refusal())
    assert told.limiter.window == 32
    told.end(told.send(1), refusal())
    assert told.limiter.window == 16, "what was sent after a cut tells that it was not enough"
    told.end(sent_before, refusal())
    assert told.limiter.window == 16, "what was sent before it tells nothing"


@pytest.mark.parametrize("share", [0.05, 0.1])
@pytest.mark.parametrize("seed", range(25))
def test_some_refusals_at_random_are_no_episode(share: float, seed: int) -> None:
    endpoint = SimulatedEndpoint(latency=0.2, work=0.001, refuses=at_random(share, seed))
    driven = drive(endpoint, 1500, bound=64)
    assert all(outcome.reply for outcome in driven.outcomes)
    assert all(later >= earlier for earlier, later in pairwise(driven.windows))
    assert endpoint.most >= 50


def test_nothing_at_all_is_sent_during_the_pause_of_an_episode() -> None:
    endpoint = SimulatedEndpoint(latency=0.2, work=0.001, refuses=lambda _: 3 <= now() < 4, retry_after=5.0)
    driven = drive(endpoint, 2000, bound=64)
    begun = endpoint.refused[7]
    assert 3 <= begun < 3.1
    assert not [time for time in endpoint.sent if begun < time < begun + 5.0]
    assert [time for time in endpoint.sent if begun + 5.0 <= time < begun + 5.01], "and then at once"
    assert len(endpoint.refused) <= 64
    assert all(outcome.reply for outcome in driven.outcomes)


def test_whoever_waits_through_a_pause_enters_at_its_end() -> None:
    async def run() -> None:
        limiter = Limiter(16, first=16, clock=now)
        await asyncio.sleep(1)
        for slot in [limiter.slot(REQUEST) for _ in range(8)]:
            limiter.leave(slot, None, refusal(LONGEST_RETRY_AFTER))
        assert not limiter.is_open
        await limiter.enter(REQUEST)
        assert now() == pytest.approx(1 + LONGEST_RETRY_AFTER)

    run_virtually(run)


def test_a_retry_after_of_hours_ends_every_ask_at_once_and_pauses_nothing() -> None:
    endpoint = SimulatedEndpoint(work=0.001, refuses=lambda _: True, retry_after=3600.0)
    driven = drive(endpoint, 100)
    assert {outcome.tries for outcome in driven.outcomes} == {1}
    assert driven.seconds < 1.0


# --- Growth


@pytest.mark.parametrize("work", [0.0, 0.0005], ids=["answers together", "answers one by one"])
def test_slow_start_doubles_with_each_round_trip(work: float) -> None:
    endpoint = SimulatedEndpoint(latency=1.0, work=work)
    driven = drive(endpoint, 1500)
    sent = [sum(trip <= time < trip + 1 for time in endpoint.sent) for trip in range(5)]
    assert sent[:3] == [8, 16, 32]
    assert sent[3:] == [pytest.approx(64, rel=0.1), pytest.approx(128, rel=0.1)]
    assert endpoint.most == 256
    assert driven.seconds <= 5 + 1500 / 256 + 2


def test_little_is_tried_in_the_first_second() -> None:
    endpoint = SimulatedEndpoint(latency=0.01, work=0.0001)
    driven = drive(endpoint, 6000)
    assert max(window for window, time in zip(driven.windows, endpoint.sent, strict=True) if time <= 1) == FIRST_SECOND
    assert max(driven.windows) > FIRST_SECOND


def test_what_is_not_used_does_not_grow() -> None:
    endpoint = SimulatedEndpoint(latency=1.0)
    driven = drive(endpoint, 100, rpm=120)
    assert set(driven.windows) == {8}


def test_a_burst_of_server_errors_holds_growth_back() -> None:
    calm, troubled = Told(first=8), Told(first=8)
    for told, errors in ((calm, 0), (troubled, 20)):
        for error in [failure("server_error")] * errors:
            told.end(told.send(8)[:1], error)
            told.limiter.on_the_wire = 0
        told.end(told.send(8), HI)
        told.end(told.send(8), HI)
    assert (calm.limiter.window, troubled.limiter.window) == (16, 8)


def test_a_server_with_a_queue_is_not_flooded_and_loses_no_throughput() -> None:
    endpoint = SimulatedEndpoint(latency=0.5, slots=8)
    driven = drive(endpoint, 2000)
    assert driven.seconds <= 2000 * 0.5 / 8 * 1.01
    assert 8 <= driven.windows[-1] <= 64
    assert max(driven.windows) <= 64


def test_a_limit_of_requests_at_once_is_kept_near() -> None:
    endpoint = SimulatedEndpoint(latency=0.1, work=0.001, refuses=limited_number(20))
    driven = drive(endpoint, 3000)
    assert driven.seconds <= 3000 * 0.1 / 20 * 1.35
    assert len(endpoint.refused) <= 0.07 * 3000
    assert endpoint.most <= 64
    assert all(outcome.reply for outcome in driven.outcomes)


def test_a_server_without_a_limit_is_used_up_to_the_bound() -> None:
    endpoint = SimulatedEndpoint(latency=0.5, work=0.0005)
    driven = drive(endpoint, 5000)
    assert endpoint.most == 256
    assert driven.seconds <= 5000 * 0.5 / 256 + 4


def test_a_third_of_all_tries_failing_costs_less_than_four_times_the_time() -> None:
    random = Random(3)
    faults = [None] * 70 + [failure("server_error")] * 12 + [failure("malformed")] * 12 + [refusal(0.01)] * 6
    endpoint = SimulatedEndpoint(latency=0.2, work=0.001, breaks=lambda: random.choice(faults))
    driven = drive(endpoint, 3000)
    calm = drive(SimulatedEndpoint(latency=0.2, work=0.001), 3000)
    assert all(outcome.reply for outcome in driven.outcomes)
    assert driven.seconds <= 4 * calm.seconds


# --- Rates


def bucket_of_100(latency: float, work: float, start: float = 0.0) -> tuple[SimulatedEndpoint, Driven]:
    endpoint = SimulatedEndpoint(latency=latency, work=work, refuses=TokenBucket(100, 100), retry_after=1.0)
    return endpoint, drive(endpoint, 600, start=start)


@pytest.mark.parametrize("work", [0.0005, 0.001, 0.002])
@pytest.mark.parametrize("latency", [0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2])
def test_600_calls_where_100_a_second_are_allowed(latency: float, work: float) -> None:
    endpoint, driven = bucket_of_100(latency, work)
    assert driven.seconds <= 6.5
    assert len(endpoint.refused) < 60
    assert all(outcome.reply for outcome in driven.outcomes)


def test_what_refusals_teach_does_not_depend_on_when_the_first_call_was_made() -> None:
    _, driven = bucket_of_100(0.05, 0.0005, start=60.0)
    assert driven.seconds <= 6.5


@pytest.mark.parametrize("rpm", [60, 120, 6000])
def test_no_minute_sees_more_requests_than_the_user_allows(rpm: int) -> None:
    random = Random(5)
    endpoint = SimulatedEndpoint(latency=0.2, work=0.0005, breaks=lambda: failure() if random.random() < 0.2 else None)
    driven = drive(endpoint, 3 * rpm, rpm=rpm)
    assert most_within(60, endpoint.sent) <= rpm + max(1, rpm / 60 * SLACK_SECONDS)
    assert driven.seconds <= len(endpoint.sent) / rpm * 60 + 2
    assert max(outcome.tries for outcome in driven.outcomes) > 1, "every try counts"


@pytest.mark.parametrize("tokens", [40, ESTIMATE, 500], ids=["less", "as estimated", "more"])
def test_no_minute_sees_more_tokens_than_the_user_allows(tokens: int) -> None:
    tpm, bound = 60_000, 8
    endpoint = SimulatedEndpoint(latency=0.2, work=0.0005, tokens=tokens)
    driven = drive(endpoint, 3 * tpm // tokens, bound=bound, tpm=tpm)
    slack = tpm / 60 * 1.0 + bound * max(tokens, ESTIMATE)
    assert most_within(60, endpoint.sent, tokens) <= tpm + slack
    assert 180 - 60 * slack / tpm <= driven.seconds <= 182


@pytest.mark.parametrize(("rate", "burst", "latency"), [(10, 60, 0.3), (100, 100, 0.2), (2, 20, 1.0), (50, 10, 0.05)])
def test_a_limit_that_the_endpoint_tells_of_is_never_hit(rate: int, burst: int, latency: float) -> None:
    limit = TokenBucket(rate, burst)
    endpoint = SimulatedEndpoint(latency=latency, work=0.001, refuses=limit, quota=limit.quota)
    calls = burst + 30 * rate
    driven = drive(endpoint, calls, bound=64)
    assert endpoint.refused == []
    assert driven.seconds <= 30 * 1.1 + 2


def test_tokens_that_are_left_are_what_the_endpoint_says() -> None:
    async def run() -> None:
        limiter = Limiter(1, clock=now)
        usage = Usage(prompt_tokens=10, completion_tokens=10)
        for remaining in (900.0, 300.0):
            quota = Quota(None, Allowance(1000.0, remaining, 1000.0))
            limiter.leave(limiter.slot(REQUEST), Reply("hi", usage=usage, quota=quota), None)
        limiter.leave(limiter.slot(replace(REQUEST, max_tokens=200)), None, failure())
        assert not limiter.is_open, "all 300 were taken, however much less the one before had used than was thought"

    run_virtually(run)


def test_tokens_of_a_refused_try_are_given_back() -> None:
    async def run() -> None:
        limiter = Limiter(1, tpm=6000, clock=now)
        limiter.leave(limiter.slot(REQUEST), None, refusal())
        assert limiter.is_open
        limiter.leave(limiter.slot(REQUEST), None, failure())
        assert not limiter.is_open, "a broken try may have used them"

    run_virtually(run)


# --- Whether the endpoint is there


def test_an_endpoint_seems_gone_after_failures_in_a_row_over_a_while() -> None:
    told = Told()
    told.tries(1, HI)
    told.tries(GONE_TRIES - 1, failure())
    told.now += GONE_SECONDS
    assert not told.limiter.seems_gone
    told.tries(1, refusal())
    assert told.limiter.seems_gone
    told.limiter.is_well()
    assert not told.limiter.seems_gone


def test_many_failures_in_a_short_while_are_a_hiccup() -> None:
    told = Told()
    told.end(told.send(64), failure())
    told.now = 1.0 + GONE_SECONDS - 0.01
    assert not told.limiter.seems_gone
    told.now = 1.0 + GONE_SECONDS
    assert told.limiter.seems_gone


@pytest.mark.parametrize(
    ("result", "is_sign_of_life"),
    [
        (HI, True),
        (failure("bad_request"), True),
        (failure("filtered"), True),
        (failure("timeout"), False),
        (failure("connection"), False),
        (failure("malformed"), False),
        (failure("server_error"), False),
        (refusal(), False),
    ],
)
def test_what_is_a_sign_of_life(result: Reply | ModelError, is_sign_of_life: bool) -> None:
    told = Told()
    told.tries(40, failure())
    told.tries(1, result)
    assert told.limiter.seems_gone is not is_sign_of_life
    assert (told.limiter.failures_in_a_row == 0) is is_sign_of_life


def test_whoever_was_not_asked_did_not_fail() -> None:
    told = Told()
    told.tries(1, HI)
    told.now += 3600.0
    told.tries(GONE_TRIES, failure())
    assert not told.limiter.seems_gone
    told.tries(int(GONE_SECONDS), failure())
    assert told.limiter.seems_gone


def test_a_cancelled_try_tells_nothing() -> None:
    told = Told()
    told.tries(4, failure())
    told.limiter.leave(told.send(1)[0], None, None)
    assert (told.limiter.failures_in_a_row, told.limiter.window, told.limiter.on_the_wire) == (4, 64, 0)


def test_asks_that_never_succeed_end_after_so_many_tries() -> None:
    endpoint = SimulatedEndpoint(latency=0.1, breaks=lambda: failure("connection"))
    driven = drive(endpoint, 50)
    assert {(outcome.answer, outcome.tries) for outcome in driven.outcomes} == {("connection", TRIES)}
