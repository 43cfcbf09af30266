"""Whole runs in virtual time: one limiter, a driver that uses it as a run does, and endpoints of every temper.

No time here is measured: virtual time makes every number below the same on every machine.
"""

from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_endpoint import (
    ESTIMATE,
    Driven,
    SimulatedEndpoint,
    TokenBucket,
    at_random,
    drive,
    failure,
    limited_number,
    most_within,
    refusal,
)
from tables import table
from virtual_time import now

from agents.limits.bucket import SLACK_SECONDS
from agents.limits.limiter import FIRST_WINDOW
from agents.limits.retry import TRIES
from agents.limits.window import FIRST_SECOND
from agents.model import ModelError

RESULTS: dict[str, Callable[[], ModelError | None]] = {
    "answered": lambda: None,
    "refused": refusal,
    "refused for a while": lambda: refusal(2.5),
    "timeout": failure,
    "server error": lambda: failure("server_error"),
    "not taken": lambda: failure("bad_request"),
}


@settings(deadline=None)
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

    def next_result() -> ModelError | None:
        return RESULTS[next(coming, finally_)]()

    endpoint = SimulatedEndpoint(latency=0.2, breaks=next_result)
    assert len(drive(endpoint, 30, bound=bound, **limits).outcomes) == 30
    assert endpoint.most <= bound


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.05, 0.1])
@table("seed", range(25))
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
    most = FIRST_SECOND * FIRST_WINDOW
    assert max(window for window, time in zip(driven.windows, endpoint.sent, strict=True) if time <= 1) == most
    assert max(driven.windows) > most


def test_what_is_not_used_does_not_grow() -> None:
    endpoint = SimulatedEndpoint(latency=1.0)
    driven = drive(endpoint, 100, rpm=120)
    assert set(driven.windows) == {8}


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


@pytest.mark.slow
def test_a_third_of_all_tries_failing_costs_less_than_four_times_the_time() -> None:
    random = Random(3)

    def fault() -> ModelError | None:
        drawn = random.random()
        if drawn < 0.24:
            return failure("server_error")
        return refusal(0.01) if drawn < 0.3 else None

    endpoint = SimulatedEndpoint(latency=0.2, work=0.001, breaks=fault)
    driven = drive(endpoint, 3000)
    calm = drive(SimulatedEndpoint(latency=0.2, work=0.001), 3000)
    assert all(outcome.reply for outcome in driven.outcomes)
    assert driven.seconds <= 4 * calm.seconds


def bucket_of_100(latency: float, work: float, start: float = 0.0) -> tuple[SimulatedEndpoint, Driven]:
    endpoint = SimulatedEndpoint(latency=latency, work=work, refuses=TokenBucket(100, 100), retry_after=1.0)
    return endpoint, drive(endpoint, 600, start=start)


@pytest.mark.parametrize("latency", [0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2])
@table("work", [0.0005, 0.001, 0.002])
def test_600_calls_where_100_a_second_are_allowed(latency: float, work: float) -> None:
    endpoint, driven = bucket_of_100(latency, work)
    assert driven.seconds <= 6.5
    assert len(endpoint.refused) < 60
    assert all(outcome.reply for outcome in driven.outcomes)


def test_what_refusals_teach_does_not_depend_on_when_the_first_call_was_made() -> None:
    _, driven = bucket_of_100(0.05, 0.0005, start=60.0)
    assert driven.seconds <= 6.5


@pytest.mark.parametrize(
    ("rate", "burst", "latency"),
    [
        pytest.param(100, 100, 0.05, marks=pytest.mark.slow),
        (10, 10, 0.3),
        (10, 100, 0.3),
        pytest.param(100, 1000, 0.5, marks=pytest.mark.slow),
    ],
)
def test_a_limit_that_was_found_out_is_hardly_hit_any_more(rate: int, burst: int, latency: float) -> None:
    endpoint = SimulatedEndpoint(latency=latency, work=0.0005, refuses=TokenBucket(rate, burst), retry_after=1.0)
    driven = drive(endpoint, burst + 60 * rate)
    assert sum(time >= 20 for time in endpoint.refused) <= 40, "once a second it tries out a little more"
    assert driven.seconds <= 60 * 1.07


@pytest.mark.slow
@pytest.mark.parametrize("rpm", [60, 120, 6000])
def test_no_minute_sees_more_requests_than_the_user_allows(rpm: int) -> None:
    random = Random(5)
    endpoint = SimulatedEndpoint(latency=0.2, work=0.0005, breaks=lambda: failure() if random.random() < 0.2 else None)
    driven = drive(endpoint, 3 * rpm, rpm=rpm)
    assert most_within(60, endpoint.sent) <= rpm + max(1, rpm / 60 * SLACK_SECONDS)
    assert driven.seconds <= len(endpoint.sent) / rpm * 60 + 2
    assert max(outcome.tries for outcome in driven.outcomes) > 1, "every try counts"


@pytest.mark.parametrize(
    "tokens", [pytest.param(40, marks=pytest.mark.slow), ESTIMATE, 500], ids=["less", "as estimated", "more"]
)
def test_no_minute_sees_more_tokens_than_the_user_allows(tokens: int) -> None:
    tpm, bound = 60_000, 8
    endpoint = SimulatedEndpoint(latency=0.2, work=0.0005, tokens=tokens)
    driven = drive(endpoint, 3 * tpm // tokens, bound=bound, tpm=tpm)
    slack = tpm / 60 * 1.0 + bound * max(tokens, ESTIMATE)
    assert most_within(60, endpoint.sent, tokens) <= tpm + slack
    assert 180 - 60 * slack / tpm <= driven.seconds <= 182


@pytest.mark.parametrize(
    ("rate", "burst", "cost", "latency"),
    [
        (10, 60, 1, 0.3),
        (100, 100, 1, 0.2),
        (2, 20, 1, 1.0),
        (50, 10, 1, 0.05),
        (1640, 16_400, ESTIMATE, 0.3),
        pytest.param(16_400, 164_000, ESTIMATE, 1.0, marks=pytest.mark.slow),
    ],
)
def test_a_limit_that_the_endpoint_tells_of_is_never_hit(rate: int, burst: int, cost: int, latency: float) -> None:
    limit = TokenBucket(rate, burst, cost)
    endpoint = SimulatedEndpoint(latency=latency, work=0.001, refuses=limit, quota=limit.quota, tokens=ESTIMATE)
    driven = drive(endpoint, (burst + 30 * rate) // cost)
    assert endpoint.refused == []
    assert driven.seconds <= 30 * 1.1 + 7, "some seconds of slow start"


def test_asks_that_never_succeed_end_after_so_many_tries() -> None:
    endpoint = SimulatedEndpoint(latency=0.1, breaks=lambda: failure("connection"))
    driven = drive(endpoint, 50)
    assert {(outcome.answer, outcome.tries) for outcome in driven.outcomes} == {("connection", TRIES)}
