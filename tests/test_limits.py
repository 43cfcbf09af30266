"""When the next try may leave: one limiter that is told by hand who comes and what becomes of each try."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_endpoint import ESTIMATE, REQUEST, failure, refusal
from virtual_time import now, run_virtually

from agents.limits.episodes import FIRST_PAUSE
from agents.limits.health import GONE_SECONDS, GONE_TRIES
from agents.limits.limiter import LONGEST_RETRY_AFTER, Limiter, Slot
from agents.model import ModelError, Reply, Request, Usage
from agents.quota import Allowance, Quota

HI = Reply("hi")


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


@settings(max_examples=150, deadline=None)
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
        assert limiter.may_enter()

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
        assert (limiter.on_the_wire, limiter.may_enter(), now()) == (0, True, 1)

    run_virtually(run)


def test_a_newcomer_does_not_overtake_those_who_wait() -> None:
    async def run() -> None:
        limiter = Limiter(1, clock=now)
        slot = limiter.slot(REQUEST)
        waiting = asyncio.create_task(limiter.enter(REQUEST))
        await asyncio.sleep(1)
        limiter.leave(slot, HI, None)
        assert not limiter.may_enter()
        await waiting

    run_virtually(run)


def test_a_newcomer_does_not_overtake_those_whose_time_has_come() -> None:
    clock = 0.0

    async def run() -> None:
        nonlocal clock
        limiter = Limiter(8, rpm=60, clock=lambda: clock)
        limiter.slot(REQUEST)
        waiting = asyncio.create_task(limiter.enter(REQUEST))
        await asyncio.sleep(0)
        clock = 1.0  # and the timer has not gone off yet
        assert not limiter.may_enter()
        await waiting

    run_virtually(run)


def test_however_many_refusals_an_episode_has_one_cut() -> None:
    told = Told()
    told.end(told.send(64), refusal())
    assert told.limiter.window == 32
    sent_before = told.send(20)
    told.end(told.send(12), refusal())
    assert told.limiter.window == 16, "what was sent after a cut tells that it was not enough"
    told.end(sent_before, refusal())
    assert told.limiter.window == 16, "what was sent before it tells nothing"


def test_a_few_refusals_cut_nothing() -> None:
    told = Told()
    for _ in range(20):
        told.tries(3, refusal())
        told.tries(10, HI)
    assert told.limiter.window == 64


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [(None, FIRST_PAUSE), (0.0, FIRST_PAUSE), (7.0, 7.0), (LONGEST_RETRY_AFTER, LONGEST_RETRY_AFTER)],
)
def test_whoever_waits_through_a_pause_enters_at_its_end(retry_after: float | None, pause: float) -> None:
    async def run() -> None:
        limiter = Limiter(16, first=16, clock=now)
        await asyncio.sleep(1)
        for slot in [limiter.slot(REQUEST) for _ in range(8)]:
            limiter.leave(slot, None, refusal(retry_after))
        assert not limiter.may_enter()
        assert not limiter.health.seems_gone
        await limiter.enter(REQUEST)
        assert now() == pytest.approx(1 + pause)

    run_virtually(run)


def test_whoever_sends_all_away_for_a_day_is_not_waited_for_but_asked_whether_that_is_so() -> None:
    async def run() -> None:
        limiter = Limiter(16, first=16, clock=now)
        for slot in [limiter.slot(REQUEST) for _ in range(8)]:
            limiter.leave(slot, None, refusal(86_400.0))
        assert limiter.health.seems_gone
        assert limiter.may_enter()

    run_virtually(run)


@pytest.mark.parametrize(
    ("trouble", "times", "window"),
    [
        (refusal(), 0, 16),
        (failure("server_error"), 4, 12),
        (failure("timeout"), 30, 8),
        (refusal(), 1, 12),
        (refusal(), 3, 8),
        (failure("bad_request"), 30, 16),
    ],
)
def test_trouble_holds_growth_back(trouble: ModelError, times: int, window: int) -> None:
    told = Told(first=8)
    told.tries(times, trouble)
    told.end(told.send(8), HI)
    assert told.limiter.window == window


def test_tokens_that_are_left_are_what_the_endpoint_says() -> None:
    async def run() -> None:
        limiter = Limiter(1, clock=now)
        usage = Usage(prompt_tokens=10, completion_tokens=10)
        for remaining in (900.0, 300.0):
            quota = Quota(None, Allowance(1000.0, remaining, 1000.0))
            limiter.leave(limiter.slot(REQUEST), Reply("hi", usage=usage, quota=quota), None)
        limiter.leave(limiter.slot(replace(REQUEST, max_tokens=200)), None, failure())
        assert not limiter.may_enter(), "all 300 were taken, however much less the one before had used than was thought"

    run_virtually(run)


def test_tokens_on_their_way_are_not_known_to_the_endpoint_yet() -> None:
    async def run() -> None:
        limiter = Limiter(8, clock=now)
        quota = Quota(None, Allowance(1000.0, 500.0, 1000.0))
        limiter.leave(limiter.slot(REQUEST), Reply("hi", quota=quota), None)
        slots = [limiter.slot(REQUEST) for _ in range(4)]
        limiter.leave(slots[0], Reply("hi", quota=quota), None)
        assert limiter.may_enter(), f"of 500 tokens three times {ESTIMATE} are used"
        limiter.leave(limiter.slot(REQUEST), Reply("hi", quota=quota), None)
        limiter.slot(REQUEST)
        assert not limiter.may_enter()

    run_virtually(run)


def test_those_who_wait_for_tokens_hear_of_it_when_less_were_used() -> None:
    async def run() -> None:
        limiter = Limiter(2, tpm=60, clock=now)
        slots = [limiter.slot(REQUEST) for _ in range(2)]
        waiting = asyncio.create_task(limiter.enter(REQUEST))
        await asyncio.sleep(1)
        limiter.leave(slots[0], HI, None)
        await asyncio.sleep(1)
        limiter.leave(slots[1], Reply("hi", usage=Usage(prompt_tokens=10, completion_tokens=10)), None)
        await waiting
        assert now() == pytest.approx(ESTIMATE + 20)

    run_virtually(run)


def test_refusals_without_a_word_about_time_teach_no_pace() -> None:
    async def run() -> None:
        limiter = Limiter(64, first=64, clock=now)
        for result in (HI, refusal()):
            await asyncio.sleep(1)
            for slot in [limiter.slot(REQUEST) for _ in range(8)]:
                reply, error = (result, None) if isinstance(result, Reply) else (None, result)
                limiter.leave(slot, reply, error)
        await asyncio.sleep(FIRST_PAUSE)
        for _ in range(20):
            assert limiter.may_enter()
            limiter.slot(REQUEST)

    run_virtually(run)


def test_tokens_of_a_refused_try_are_given_back() -> None:
    async def run() -> None:
        limiter = Limiter(1, tpm=6000, clock=now)
        limiter.leave(limiter.slot(REQUEST), None, refusal())
        assert limiter.may_enter()
        limiter.leave(limiter.slot(REQUEST), None, failure())
        assert not limiter.may_enter(), "a broken try may have used them"

    run_virtually(run)


@pytest.mark.parametrize(
    ("result", "failures", "refusals"),
    [
        (HI, 0, 0),
        (failure("bad_request"), 0, 0),
        (failure("filtered"), 0, 0),
        (failure("timeout"), 4, 0),
        (failure("connection"), 4, 0),
        (failure("malformed"), 4, 0),
        (failure("server_error"), 4, 0),
        (refusal(), 0, 1),
    ],
)
def test_what_is_a_sign_of_life(result: Reply | ModelError, failures: int, refusals: int) -> None:
    told = Told()
    told.tries(3, failure())
    told.tries(1, result)
    assert told.limiter.health.failures_in_a_row == failures
    assert told.limiter.health.refusals_in_a_row == refusals


def test_whoever_was_not_asked_did_not_fail() -> None:
    told = Told()
    told.tries(1, HI)
    told.now += 3600.0
    told.tries(GONE_TRIES, failure())
    assert not told.limiter.health.seems_gone
    told.tries(int(GONE_SECONDS), failure())
    assert told.limiter.health.seems_gone


def test_a_cancelled_try_tells_nothing() -> None:
    told = Told()
    told.tries(4, failure())
    told.limiter.leave(told.send(1)[0], None, None)
    assert (told.limiter.health.failures_in_a_row, told.limiter.window, told.limiter.on_the_wire) == (4, 64, 0)
