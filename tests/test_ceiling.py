"""How many tries an endpoint takes at once: what finds it, what is no sign of it, and when it is tried out again."""

from collections.abc import Callable
from random import Random

import pytest
from simulated_endpoint import SimulatedEndpoint, TokenBucket, at_random, drive, limited_number
from tables import table
from virtual_time import now

from agents.limits.ceiling import FIRST_REST, LONGER, LONGEST_REST_SECONDS, MANY_NEW, NONE, Ceiling
from agents.limits.limiter import Limiter
from agents.limits.slot import Slot

AT_ONCE = 12


class Told:
    """A ceiling that is told of one try after the other, a millisecond each."""

    def __init__(self) -> None:
        self.now = 0.0
        self.number = 0
        self.gate = Limiter(64, clock=lambda: self.now)
        self.ceiling = Ceiling(lambda: self.now)

    def tell(self, *places: int, refuses: Callable[[int], bool] = lambda place: place > AT_ONCE) -> None:
        for place in places:
            self.now += 0.001
            self.number += 1
            slot = Slot(self.gate, self.number, 0, place)
            self.ceiling.left(slot)
            self.ceiling.told(slot, refused=refuses(place))

    def meet(self) -> None:
        self.tell(*[AT_ONCE] * 8, *[AT_ONCE + 1] * MANY_NEW)
        assert self.ceiling.most == AT_ONCE

    def rest(self) -> int:
        """Answers until it is tried out."""
        answers = 0
        while self.ceiling.most == AT_ONCE:
            self.tell(AT_ONCE)
            answers += 1
        return answers


def test_what_is_refused_above_all_that_was_answered_is_above_the_ceiling() -> None:
    told = Told()
    told.tell(*[AT_ONCE] * 8, *[AT_ONCE + 1] * (MANY_NEW - 1))
    assert told.ceiling.most == NONE
    told.tell(AT_ONCE + 1)
    assert told.ceiling.most == told.ceiling.place == AT_ONCE
    told.ceiling.forget()
    assert told.ceiling.most == NONE


@table(
    "places",
    [
        [16] * 12 + [13] * 12,  # these were answered before
        [13] * 12,  # nothing was answered
        [2] * 8 + [13] * 12,  # far above what was answered
    ],
)
def test_other_refusals_are_no_sign(places: list[int]) -> None:
    told = Told()
    told.tell(*places, refuses=lambda place: place == 13)
    assert told.ceiling.most == NONE


def test_an_answer_in_between_is_luck_but_many_are_not() -> None:
    told = Told()
    told.tell(*[AT_ONCE] * 8)
    random = Random(1)
    told.tell(*[AT_ONCE + 1] * 200, refuses=lambda _: random.random() < 0.2)
    assert told.ceiling.most == NONE


def test_one_more_is_tried_more_and_more_rarely() -> None:
    told = Told()
    told.meet()
    rests = []
    for _ in range(4):
        rests.append(told.rest())
        assert told.ceiling.most == AT_ONCE + 1
        told.tell(AT_ONCE + 1)
    assert rests == [FIRST_REST * LONGER**number for number in range(4)]
    told.now += LONGEST_REST_SECONDS
    told.tell(AT_ONCE)
    assert told.ceiling.most == AT_ONCE + 1, "after a minute anyway"


def test_places_that_are_answered_again_and_again_are_free() -> None:
    told = Told()
    told.meet()
    for _ in range(2):
        told.rest()
        told.tell(AT_ONCE + 1)
    told.rest()
    for more in range(1, 4):
        assert told.ceiling.most == AT_ONCE + more
        told.tell(*[AT_ONCE + more] * 16, refuses=lambda _: False)
    assert told.ceiling.most == NONE


def test_a_ceiling_comes_down_where_much_is_refused_at_it() -> None:
    told = Told()
    told.meet()
    told.tell(*[AT_ONCE] * 8, refuses=lambda _: True)
    assert told.ceiling.place < AT_ONCE


@pytest.mark.slow
@table("work", [0.0, 0.001])
@table("latency", [0.05, 0.3])
def test_refusals_do_not_grow_with_the_calls(latency: float, work: float) -> None:
    refused = []
    for calls in (360, 1440):
        endpoint = SimulatedEndpoint(latency=latency, work=work, refuses=limited_number(AT_ONCE))
        assert drive(endpoint, calls).seconds <= calls * latency / AT_ONCE * 1.1
        refused.append(len(endpoint.refused))
    assert refused[0] <= 30
    assert refused[1] <= 1.2 * refused[0]


@pytest.mark.parametrize(("before", "after"), [(12, 24), (24, 12), (12, 6)])
def test_a_limit_that_changes_is_found_again(before: int, after: int) -> None:
    endpoint = SimulatedEndpoint(
        latency=0.3, work=0.001, refuses=lambda endpoint: endpoint.in_flight > (before if now() < 20 else after)
    )
    driven = drive(endpoint, 3600)
    assert after - 1 <= driven.windows[-1] <= after + 1
    assert len(endpoint.refused) <= 90
    assert all(outcome.reply for outcome in driven.outcomes)


def test_a_gateway_that_refuses_at_random_besides_hides_no_limit() -> None:
    random = at_random(0.1, seed=1)
    endpoint = SimulatedEndpoint(
        latency=0.3, work=0.001, refuses=lambda endpoint: endpoint.in_flight > AT_ONCE or random(endpoint)
    )
    driven = drive(endpoint, 2000)
    assert driven.seconds <= 2000 * 0.3 / AT_ONCE * 1.2
    assert len(endpoint.refused) <= 0.15 * 2000


def test_a_limit_by_time_that_says_so_is_no_ceiling() -> None:
    endpoint = SimulatedEndpoint(latency=0.5, work=0.0005, refuses=TokenBucket(100, 100), retry_after=1.0)
    driven = drive(endpoint, 3000)
    assert driven.seconds <= 29 * 1.15
