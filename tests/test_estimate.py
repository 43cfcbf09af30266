"""Means with intervals that draw agents: those of the textbook, those of a bootstrap, none where there is too little.

And how often they hold the truth.
"""

import numpy as np
import pytest
from tables import table

from benchmarks.coverage import SHAPES, Shape, coverage, of_ratings, ours
from sandbox.figures.columns import Numbers
from sandbox.figures.estimate import CHANGED, difference, estimate
from sandbox.figures.frame import Sample
from sandbox.sheet import Estimate

NOTHING = Estimate(None, None, None, 0)
NINE, TEN = np.array([1, 2, 3, 4, 5, 6, 7, 1, 2.0]), np.array([1, 2, 3, 4, 5, 6, 7, 1, 2, 3.0])


def by(agents: int, count: int, labels: int = 1) -> Sample:
    """`count` values of so many agents in turn."""
    who = np.arange(count) % agents
    return Sample(who, who % labels)


def own(values: Numbers) -> Estimate:
    """Each value from an agent of its own."""
    return estimate(values, by(values.size, values.size))


def half(found: Estimate) -> float:
    assert found.mean is not None
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.mean == pytest.approx(found.mean - found.low)
    return found.high - found.mean


def test_one_rating_an_agent_has_the_interval_of_the_textbook() -> None:
    values = np.array([1, 2, 2, 3, 4, 4, 5, 5, 6, 7.0])
    assert half(own(values)) == pytest.approx(2.262 * values.std(ddof=1) / 10**0.5, rel=1e-3)  # t of 9 degrees


def test_what_an_agent_was_rated_again_and_again_is_no_news() -> None:
    values = np.array([1, 3, 4, 5, 7.0])
    often = estimate(np.tile(values, 20), by(5, 100))
    assert half(often) == pytest.approx(2.776 * values.std(ddof=1) / 5**0.5, rel=1e-2)  # t of 4 degrees
    assert often.count == 100


def test_the_variance_is_that_of_agents_drawn_by_hand() -> None:
    random = np.random.default_rng(1)
    ratings = np.clip(np.rint(random.normal(4, 1, 40) + random.normal(0, 1, (3, 40))), 1, 7)
    ratings[random.random(ratings.shape) < 0.2] = np.nan
    sums, counts = np.nansum(ratings, axis=0), (~np.isnan(ratings)).sum(axis=0)
    drawn = random.integers(0, 40, (20_000, 40))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    wanted = 2.023 * means.std() * (40 / 39) ** 0.5  # t of 39 degrees
    assert half(estimate(ratings.ravel(), by(40, 120))) == pytest.approx(wanted, rel=0.03)


def test_what_divides_labels_is_no_chance_since_the_plan_fixes_them() -> None:
    good, bad = np.array([6, 6, 7, 6, 6, 5, 6, 6.0]), np.array([1, 2, 3, 2, 1, 2, 3, 2.0])
    values = np.ravel([good, bad], order="F")
    within, any_of_all = estimate(values, by(16, 16, labels=2)), own(values)
    assert half(within) < half(any_of_all) / 3
    welch = (good.var(ddof=1) / 8 + bad.var(ddof=1) / 8) ** 0.5 / 2
    assert 2.145 * welch < half(within) < 2.365 * welch  # t of 14 and of 7 degrees


def test_a_difference_of_other_agents_has_the_chance_of_both() -> None:
    one, two = NINE.repeat(2), TEN
    welch = (one.var(ddof=1) / 18 + two.var(ddof=1) / 10) ** 0.5
    found = difference(one, by(18, 18), two, by(10, 10))
    assert found.mean == pytest.approx(one.mean() - two.mean())
    assert 2.056 * welch < half(found) < 2.262 * welch  # t of 26 and of 9 degrees


@table(
    ("found", "count", "has_interval"),
    [
        (own(NINE), 9, False),
        (own(TEN), 10, True),
        (own(np.array([*NINE, np.nan])), 9, False),
        (own(np.array([*TEN, np.nan])), 10, True),
        (estimate(TEN, by(1, 10)), 10, False),  # one agent
        (estimate(TEN, by(2, 10)), 10, True),
        (own(np.full(30, 4.0)), 30, False),  # all alike
        (estimate(np.array([3, 3, 3, 5, 5, 5.0] * 2), by(3, 12)), 12, False),  # agents alike, whose ratings are not
        (estimate(TEN, Sample(np.arange(10), np.array([1, *[0] * 9]))), 10, True),  # an agent alone has its label
        (difference(TEN, by(10, 10), NINE, by(9, 9)), 9, False),
        (difference(TEN, by(10, 10), TEN[::-1], by(10, 10)), 10, True),
    ],
)
def test_there_is_no_interval_where_nothing_could_be_told(found: Estimate, count: int, has_interval: bool) -> None:
    assert found.count == count
    assert found.mean is not None
    assert (found.low is not None, found.high is not None) == (has_interval, has_interval)


def test_nothing_has_no_mean() -> None:
    assert own(np.array([np.nan])) == NOTHING
    assert difference(np.array([1.0]), by(1, 1), np.array([np.nan]), by(1, 1)) == NOTHING


def test_no_bound_is_off_the_scale() -> None:
    high = own(np.array([7.0] * 11 + [1.0]))
    assert high.high == 7.0
    low = estimate(np.array([-6.0] * 11 + [6.0]), by(12, 12), CHANGED)
    assert low.low == -6.0


def test_the_same_values_have_the_same_interval_in_any_order() -> None:
    random = np.random.default_rng(0)
    values, order = random.integers(1, 8, 500).astype(float), random.permutation(500)
    sample = by(50, 500, labels=2)
    assert estimate(values, sample) == estimate(values[order], sample.at(order))


@table("shape", SHAPES)
def test_intervals_hold_the_truth_as_often_as_they_say(shape: Shape) -> None:
    assert 0.93 <= coverage(shape, ours) <= 0.97


@table("shape", SHAPES[1:4])
def test_a_bootstrap_of_ratings_is_too_sure(shape: Shape) -> None:
    assert coverage(shape, of_ratings, 100) < 0.9
