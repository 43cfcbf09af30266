"""Token buckets and the pace they make together, on a clock of the test."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import table

from agents.limits.bucket import SLACK_SECONDS, Bucket
from agents.limits.pace import EASING_SECONDS, GROWTH, LONGEST_STANDSTILL, SAVED_SHARE, SLOWEST, Pace
from agents.quota import Allowance, Quota


class Clock:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def left(limit: float, remaining: float, reset: float) -> Quota:
    return Quota(Allowance(limit, remaining, reset), None)


def spend(clock: Clock, pace: Pace, seconds: float, tokens: int = 0) -> int:
    """Requests that leave within so many seconds, each as soon as it may."""
    end, sent = clock.now + seconds, 0
    while (due := clock.now + pace.wait()) < end:
        clock.now = due
        pace.take(tokens)
        sent += 1
        assert sent < 10**5, "nothing holds them back"
    clock.now = end
    return sent


def test_a_bucket_says_when_the_next_may_be_taken() -> None:
    clock = Clock()
    bucket = Bucket(rate=4.0, capacity=2.0, clock=clock)
    waits = []
    for _ in range(4):
        waits.append(bucket.wait())
        bucket.take(1)
    assert waits == [0, 0, 0.25, 0.5]
    clock.now = 0.75
    assert bucket.wait() == 0
    clock.now = 100.0
    bucket.take(1)
    assert bucket.wait() == 0, "full again, and no more than full"
    bucket.take(1)
    assert bucket.wait() == 0.25


def test_a_debt_is_paid_before_the_next_may_be_taken() -> None:
    clock = Clock()
    bucket = Bucket(rate=10.0, capacity=10.0, clock=clock)
    bucket.take(60)
    assert bucket.wait() == 5.1
    bucket.take(-20)
    assert bucket.wait() == 3.1
    bucket.take(-1000)
    bucket.take(10)
    assert bucket.wait() == 0.1, "what is given back does not make it more than full"


def test_a_bucket_holds_what_it_is_told() -> None:
    clock = Clock()
    bucket = Bucket(rate=1.0, capacity=10.0, clock=clock)
    for level in (8.0, 3.0):
        bucket.tell(level, 60.0)
    for _ in range(3):
        assert bucket.wait() == 0
        bucket.take(1)
    assert bucket.wait() == 1.0
    bucket.tell(50.0, 60.0)
    bucket.take(10)
    assert bucket.wait() == 1.0, "never more than it can hold"


def test_a_bucket_is_full_when_it_was_said_to_be() -> None:
    """Windows of a minute give everything back at once, however slowly they seemed to fill."""
    clock = Clock()
    bucket = Bucket(rate=1 / 60, capacity=10.0, clock=clock)
    bucket.take(5)
    bucket.tell(1.0, 30.0)
    bucket.take(1)
    assert bucket.wait() == 30.0
    clock.now += 30.0
    bucket.take(8)
    assert bucket.wait() == 0, "but for what was taken since it was said"
    bucket.take(1)
    assert bucket.wait() == 60.0, "and that counts once"


@table("capacity", [None, 0.01, 0.5, 1.0])
def test_a_small_bucket_fills_up_to_a_whole_unit(capacity: float | None) -> None:
    clock = Clock()
    bucket = Bucket(rate=0.5, capacity=capacity, clock=clock)
    bucket.take(1)
    clock.now = bucket.wait()
    assert (clock.now, bucket.wait()) == (2.0, 0)


@settings(deadline=None)
@given(
    st.floats(0.1, 2000),
    st.lists(st.tuples(st.floats(0, 2), st.integers(1, 20)), min_size=1, max_size=60),
)
def test_no_span_of_time_sees_more_than_its_share(rate: float, steps: list[tuple[float, int]]) -> None:
    clock = Clock()
    bucket = Bucket(rate, clock=clock)
    taken: list[float] = []
    for pause, wanted in steps:
        clock.now += pause
        for _ in range(wanted):
            if bucket.wait() == 0:
                bucket.take(1)
                taken.append(clock.now)
    slack = max(1.0, rate * SLACK_SECONDS)
    for first, start in enumerate(taken):
        for last, end in enumerate(taken[first:], first):
            assert last - first + 1 <= slack + rate * (end - start) + 1e-3


def test_without_any_limit_everything_leaves_at_once() -> None:
    pace = Pace(None, None, Clock())
    for _ in range(10_000):
        pace.take(10**6)
    assert pace.wait() == 0
    assert not pace.counts_tokens


@pytest.mark.parametrize("rpm", [1, 60, 500, 30_000])
def test_requests_a_minute(rpm: int) -> None:
    clock = Clock()
    pace = Pace(rpm, None, clock)
    counts = [spend(clock, pace, 60.0) for _ in range(3)]
    assert rpm <= counts[0] <= rpm + max(1.0, rpm / 60 * SLACK_SECONDS)
    assert counts[1:] == [pytest.approx(rpm, abs=1)] * 2


@pytest.mark.parametrize(("tpm", "tokens"), [(60_000, 100), (60_000, 5_000), (30, 7), (1, 1)])
def test_tokens_a_minute(tpm: int, tokens: int) -> None:
    clock = Clock()
    pace = Pace(None, tpm, clock)
    assert pace.counts_tokens
    spent = spend(clock, pace, 600.0, tokens) * tokens
    assert 10 * tpm - tokens <= spent <= 10 * tpm + max(1.0, tpm / 60) + tokens


def test_what_a_reply_used_beyond_the_estimate_is_paid_by_the_next() -> None:
    clock = Clock()
    pace = Pace(None, 600, clock)
    pace.take(10)
    assert pace.wait() == pytest.approx(0.1)
    pace.correct(20)
    assert pace.wait() == pytest.approx(2.1)
    pace.correct(-25)
    assert pace.wait() == 0


def test_the_slowest_limit_counts() -> None:
    pace = Pace(60, 60_000, Clock())
    pace.take(31_000)
    assert pace.wait() == pytest.approx((30_000 + 1) / 1000)


def test_the_pace_follows_what_the_endpoint_says() -> None:
    clock = Clock()
    pace = Pace(None, None, clock)
    pace.heard(left(100, 10, 9.0), 4, 0)
    assert spend(clock, pace, 0.05) == 6, "what is on the wire will be counted there too"
    assert spend(clock, pace, 8.0) == pytest.approx(80, abs=1), "90 were used and come back in 9 seconds"
    pace.heard(left(100, 0, 50.0), 0, 0)
    assert spend(clock, pace, 10.0) == pytest.approx(20, abs=1)


def test_a_limit_by_the_day_is_tried_again_before_the_day_is_over() -> None:
    pace = Pace(None, None, Clock())
    pace.heard(left(10, 0, 86_400.0), 0, 0)
    assert pace.wait() == LONGEST_STANDSTILL


def test_tokens_follow_what_the_endpoint_says_too() -> None:
    clock = Clock()
    pace = Pace(None, None, clock)
    pace.heard(Quota(None, Allowance(6000.0, 500.0, 55.0)), 50, 300)
    assert pace.counts_tokens
    assert spend(clock, pace, 0.001, tokens=100) == 2, "300 are on their way, and will be counted there too"
    assert spend(clock, pace, 10.0, tokens=100) == pytest.approx(10, abs=1), "5500 come back in 55 seconds"


@table("quota", [left(100, 100, 1.0), left(100, 0, 0.0), left(100, 0, 1.7e9), Quota(None, None)])
def test_a_quota_that_says_nothing_changes_nothing(quota: Quota) -> None:
    pace = Pace(None, None, Clock())
    pace.heard(quota, 10, 0)
    assert pace.wait() == 0


AMOUNTS = st.floats(min_value=0, allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(AMOUNTS, AMOUNTS, AMOUNTS, st.integers(0, 256))
def test_no_quota_breaks_the_pace(limit: float, remaining: float, reset: float, on_the_wire: int) -> None:
    clock = Clock()
    pace = Pace(None, None, clock)
    pace.heard(left(max(limit, 1.0), min(limit, remaining), reset), on_the_wire, 0)
    wait = pace.wait()
    assert 0 <= wait <= LONGEST_STANDSTILL
    clock.now += wait
    assert pace.wait() <= wait * 1e-6


def test_refusals_teach_the_pace_at_which_answers_came() -> None:
    clock = Clock()
    clock.now = 1000.0
    pace = Pace(None, None, clock)
    clock.now += 60.0  # nobody asked: the endpoint was not slow
    for _ in range(20):
        pace.take(0)
        clock.now += 0.1
        pace.answered()
    clock.now += 2.0
    pace.learn(2.0)
    assert spend(clock, pace, 0.0001) == SAVED_SHARE * 5.0 * 2.0, "half of what it saved up while it was not asked"
    assert spend(clock, pace, 10.0) == pytest.approx(50, abs=1), "20 in 4 seconds"


def test_refusals_teach_nothing_slower_than_one_a_minute() -> None:
    clock = Clock()
    pace = taught(clock, 1)
    for _ in range(1000):
        clock.now += 10.0
        pace.refused()
    pace.take(0)
    assert pace.wait() == pytest.approx(1 / SLOWEST)
    pace.answered()
    clock.now += 86_400.0
    pace.learn(60.0)
    while pace.wait() == 0:
        pace.take(0)
    assert pace.wait() == pytest.approx(1 / SLOWEST)


def test_a_pause_without_an_answer_before_it_teaches_nothing() -> None:
    pace = Pace(None, None, Clock())
    for _ in range(8):
        pace.take(0)
        pace.refused()
    pace.learn(2.0)
    assert pace.wait() == 0


def taught(clock: Clock, rate: int) -> Pace:
    """A pace of so many a second that refusals taught, with nothing saved up."""
    pace = Pace(None, None, clock)
    pace.take(0)
    for _ in range(rate):
        pace.answered()
    clock.now += 1.0
    pace.learn(1.0)
    while pace.wait() == 0:
        pace.take(0)
    return pace


def test_a_taught_pace_is_tried_out_again_little_by_little() -> None:
    clock = Clock()
    pace = taught(clock, 10)
    before = pace.wait()
    clock.now += 0.01
    pace.answered()
    for _ in range(60):
        clock.now += 1.0
        while pace.wait() == 0:
            pace.take(0)
        pace.answered()
    clock.now += pace.wait()
    pace.take(1)
    assert pace.wait() == pytest.approx(before / (1 + GROWTH) ** 60, rel=0.2)


def test_a_taught_pace_is_no_higher_for_a_long_silence() -> None:
    clock = Clock()
    pace = taught(clock, 10)
    for _ in range(600):
        pace.take(0)
    clock.now += 50.0
    pace.answered()
    clock.now += pace.wait()
    pace.take(0)
    assert pace.wait() == pytest.approx(0.1 / (1 + GROWTH))


def test_a_taught_pace_that_holds_nobody_back_stays() -> None:
    clock = Clock()
    pace = taught(clock, 10)
    for _ in range(60):
        clock.now += 1.0
        pace.answered()
    while pace.wait() == 0:
        pace.take(0)
    assert pace.wait() == pytest.approx(0.1)


def test_refusals_together_lower_a_taught_pace_once() -> None:
    clock = Clock()
    pace = taught(clock, 10)
    for _ in range(50):
        pace.refused()
    clock.now += EASING_SECONDS / 2
    pace.refused()
    clock.now += 100.0
    while pace.wait() == 0:
        pace.take(0)
    assert pace.wait() == pytest.approx(0.1 * (1 + GROWTH))
