"""Agreement of raters against published examples, other implementations of one formula, and what is undefined."""

import math
from collections.abc import Iterator, Sequence
from itertools import permutations
from statistics import mean, variance

import numpy as np
import pytest
from scipy.stats import rankdata

from sandbox.analysis.observer.agreement import Agreement, agreement, mean_difference
from sandbox.analysis.observer.reliability import Given, Intraclass, Level, alpha, given, intraclass
from sandbox.scores.ranks import average_ranks

NAN = math.nan
# Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, section C: a row an observer, a column a unit.
FOUR_OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
).T
# Shrout and Fleiss, Intraclass correlations, 1979, table 2: a row a target, a column a judge.
FOUR_JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


def counts(matrix: np.ndarray) -> Given:
    return given(np.repeat(np.arange(len(matrix)), matrix.shape[1]), matrix.ravel().astype(float))


def agreed(matrix: np.ndarray) -> Agreement:
    return agreement(counts(matrix))


def pairs(matrix: np.ndarray) -> Iterator[tuple[float, float, float]]:
    """Every ordered pair of ratings of one unit and what it weighs."""
    for row in matrix:
        known = row[~np.isnan(row)].tolist()
        yield from ((one, other, 1 / (len(known) - 1)) for one, other in permutations(known, 2))


def weighted(of: Sequence[tuple[float, float]]) -> float:
    return sum(value * weight for value, weight in of) / sum(weight for _, weight in of)


def test_the_example_of_krippendorff_has_its_alphas() -> None:
    found = agreed(FOUR_OBSERVERS)
    assert (found.nominal, found.ordinal, found.interval.mean) == pytest.approx((0.743, 0.815, 0.849), abs=5e-4)
    assert alpha(counts(FOUR_OBSERVERS), "interval") == pytest.approx(found.interval.mean)
    assert found.units == found.interval.count == 11, "one unit has a single rating"


def test_the_example_of_shrout_and_fleiss_has_its_correlations() -> None:
    found = intraclass(FOUR_JUDGES)
    assert tuple(found) == pytest.approx((0.17, 0.29, 0.71), abs=5e-3)
    more = np.vstack([FOUR_JUDGES, [[1, NAN, 9, 9]]])
    assert intraclass(more) == found, "a row with a missing rating is left out"


def test_shares_differences_and_spread_are_those_of_pairs() -> None:
    found, told = agreed(FOUR_OBSERVERS), list(pairs(FOUR_OBSERVERS))
    assert found.exact.mean == pytest.approx(weighted([(one == other, weight) for one, other, weight in told]))
    assert found.within_1.mean == pytest.approx(weighted([(abs(one - two) <= 1, weight) for one, two, weight in told]))
    assert found.apart == pytest.approx(weighted([(abs(one - other), weight) for one, other, weight in told]))
    rows = [row[~np.isnan(row)].tolist() for row in FOUR_OBSERVERS]
    spread = weighted([(variance(row), len(row) - 1) for row in rows if len(row) > 1])
    assert found.sd == pytest.approx(math.sqrt(spread))
    gaps = agreed(np.array([[1, 1], [1, 7], [7, 5]]))
    assert (gaps.exact.mean, gaps.within_1.mean, gaps.apart) == pytest.approx((1 / 3, 1 / 3, 8 / 3)), "values with gaps"


def test_ordinal_distances_are_ranks_of_all_ratings() -> None:
    """Alpha of the ranks at the interval level, because the distance of two grades is what lies between them."""
    matrix = np.random.default_rng(1).integers(1, 8, (40, 3)).astype(float)
    ranks = rankdata(matrix.ravel()).reshape(matrix.shape)
    assert alpha(counts(matrix), "ordinal") == pytest.approx(alpha(counts(2 * ranks), "interval"))


def test_what_is_constant_or_alone_is_undefined() -> None:
    levels: tuple[Level, ...] = ("nominal", "ordinal", "interval")
    empty = np.full((0, 2), NAN)
    for name, matrix in {
        "constant": np.full((30, 2), 4.0),
        "alone": np.array([[4, NAN], [NAN, 5]]),
        "none": empty,
    }.items():
        found = agreed(matrix)
        assert [alpha(counts(matrix), level) for level in levels] == [None] * 3, name
        assert (found.interval.mean, found.interval.low) == (None, None), name
        assert intraclass(matrix) == (None, None, None), name
    constant = agreed(np.full((30, 2), 4.0))
    assert (constant.exact.mean, constant.apart, constant.sd) == (1, 0, 0)
    assert (constant.exact.low or 1) < 0.9, "thirty pairs are no proof"
    assert agreed(empty).exact.mean is agreed(empty).apart is agreed(empty).sd is None
    each_its_own = np.repeat([[4.0, 5.0]], 30, axis=0)
    assert intraclass(each_its_own) == Intraclass(None, None, None), "no unit differs from another"


def test_random_ratings_agree_by_chance_and_equal_ones_wholly() -> None:
    matrix = np.random.default_rng(7).integers(1, 8, (2000, 2)).astype(float)
    found = agreed(matrix)
    assert (found.interval.low or 1) < 0 < (found.interval.high or 1) < 0.06
    assert found.exact.mean == pytest.approx(1 / 7, abs=0.03)
    assert abs(intraclass(matrix).agreement or 1) < 0.06
    same = np.repeat(matrix[:, :1], 2, axis=1)
    equal = agreed(same)
    assert (equal.nominal, equal.ordinal, equal.interval.mean) == (1, 1, 1)
    assert equal.interval.low is None, "an interval without a width would say that nothing can be wrong"
    assert tuple(intraclass(same)) == pytest.approx((1, 1, 1))


def test_a_rater_who_gives_more_is_consistent_and_disagrees() -> None:
    one = np.random.default_rng(3).integers(1, 6, 200).astype(float)
    found = intraclass(np.column_stack([one, one + 1]))
    assert found.consistency == pytest.approx(1)
    assert (found.agreement or 1) < 0.9
    shift = mean_difference(one, one + 1)
    assert (shift.mean, shift.low, shift.count) == (1, None, 200)


def test_intervals_draw_units() -> None:
    """Drawn by kinds of units; here each unit is drawn by itself, with other chance."""
    matrix = np.random.default_rng(5).integers(1, 5, (60, 3)).astype(float)
    matrix[:, 1] = np.where(np.arange(60) % 2, matrix[:, 0], matrix[:, 1])
    matrix[::7, 2] = NAN
    found, chance = agreed(matrix), np.random.default_rng(11)
    drawn = [matrix[chance.integers(60, size=60)] for _ in range(2000)]
    for name, values in {
        "interval": [alpha(counts(each), "interval") for each in drawn],
        "exact": [weighted([(one == two, weight) for one, two, weight in pairs(each)]) for each in drawn[:400]],
    }.items():
        estimate = getattr(found, name)
        assert (estimate.low, estimate.high) == pytest.approx(tuple(np.percentile(values, [2.5, 97.5])), abs=0.03)


def test_a_mean_difference_is_over_what_both_rated() -> None:
    one, other = np.array([1, 2, NAN, 4, 4, 3]), np.array([2, 2, 3, NAN, 1, 7])
    found = mean_difference(one, other)
    assert (found.mean, found.count) == (mean([1, 0, -3, 4]), 4)
    assert mean_difference(one[2:4], other[2:4]).mean is None


def test_ranks_of_many_values_are_those_of_scipy() -> None:
    values = np.random.default_rng(2).integers(0, 9, (5, 40)).astype(float)
    assert average_ranks(values).tolist() == [rankdata(row).tolist() for row in values]
    assert average_ranks(np.arange(100_000.0)[::-1])[:2].tolist() == [100_000, 99_999]
