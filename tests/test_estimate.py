"""Means with bootstrap intervals: the same as drawing samples by hand, and nothing where there is nothing."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.figures.estimate import difference, estimate
from sandbox.sheet import Estimate

RATINGS = st.lists(st.integers(1, 7), min_size=1, max_size=60)


@settings(max_examples=25, deadline=None)
@given(RATINGS)
def test_the_interval_is_that_of_samples_drawn_by_hand(values: list[int]) -> None:
    found = estimate(np.array([*values, np.nan], dtype=float))
    assert found.count == len(values)
    assert found.mean == sum(values) / len(values)
    means = np.random.default_rng(1).choice(values, size=(4000, len(values))).mean(axis=1)
    for bound, share in ((found.low, 0.025), (found.high, 0.975)):
        assert bound is not None
        assert np.mean(means < bound - 1e-9) <= share + 0.02
        assert np.mean(means <= bound + 1e-9) >= share - 0.02


def test_what_does_not_vary_is_certain() -> None:
    assert estimate(np.full(9, 4.0)) == Estimate(4.0, 4.0, 4.0, 9)
    assert difference(np.full(9, 4.0), np.full(3, 2.0)) == Estimate(2.0, 2.0, 2.0, 3)


def test_nothing_has_no_mean() -> None:
    nothing = Estimate(None, None, None, 0)
    assert estimate(np.array([np.nan])) == nothing
    assert difference(np.array([1.0]), np.array([np.nan])) == nothing


def test_the_same_values_have_the_same_interval_in_any_order() -> None:
    values = np.random.default_rng(0).integers(1, 8, 500).astype(float)
    assert estimate(values) == estimate(values[::-1])
    small, large = estimate(values[:50]), estimate(values)
    assert small.high is not None
    assert small.low is not None
    assert large.high is not None
    assert large.low is not None
    assert large.high - large.low < small.high - small.low
