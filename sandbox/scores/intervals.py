"""What chance leaves of a number: 95 % intervals of cases in clusters, and McNemar's test. Knows numbers alone.

Chance is in which clusters there are: cases of one cluster (the pairs of one prompt, the samples of one item) come
together. The same clusters are drawn for the same number of them, so that a number has the same interval each time.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from sandbox.scores.number import How

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Counts = NDArray[np.int64]

DRAWS: Final = 10_000
SEED: Final = 0
FEWEST_ITEMS: Final = 5
FEWEST_CLUSTERS: Final = 2
MOST_UNDEFINED: Final = 0.05  # of the draws
_ENDS: Final = (2.5, 97.5)  # percentiles
_NORMAL: Final = 1.959963984540054  # the 97.5 % quantile of the normal distribution
_WEIGHTS: Final = 1 << 21  # that are in memory at once (16 MB)
_THREADS: Final = 4  # that draw at once, each with so many weights
_KIND: Final = 6  # clusters are drawn in the time that it takes to draw how many there are of a kind


class Interval(NamedTuple):
    """A 95 % interval and how it was made, or why there is none; `note` also counts draws that it is not over."""

    low: float | None = None
    high: float | None = None
    how: How | None = None
    note: str | None = None


_TOO_FEW: Final = Interval(note=f"no interval: fewer than {FEWEST_CLUSTERS} clusters")


class Sums(NamedTuple):
    """What a cluster adds to the numerator and to the denominator of a ratio."""

    value: float
    cases: float


def ratio_interval(clusters: Sequence[Sums], items: int) -> Interval:
    """Of the sum of values by the sum of counts, over `items`: percentile bootstrap of whole `clusters`."""
    return difference_interval([(each, Sums(0, 1)) for each in clusters], items)


def difference_interval(clusters: Sequence[tuple[Sums, Sums]], items: int) -> Interval:
    """Of the first ratio less the second, to both of which each cluster adds; `items` are those of the smaller side."""
    import numpy as np

    table = np.array([[*one, *two] for one, two in clusters], dtype=np.float64).reshape(-1, 4)

    def statistic(weights: "Values") -> "Values":
        sums = weights @ table
        ratios = np.divide(sums[:, 0::2], sums[:, 1::2], out=np.full((len(sums), 2), np.nan), where=sums[:, 1::2] > 0)
        return np.asarray(ratios[:, 0] - ratios[:, 1])

    return bootstrap(statistic, len(table), items)


def bootstrap(
    statistic: Callable[["Values"], "Values"], clusters: int, items: int, alike: "Counts | None" = None
) -> Interval:
    """95 % percentile bootstrap of a `statistic` of whole clusters.

    It takes a row a draw with how often each cluster was drawn, and gives a value a draw, nan where it is undefined.
    Many clusters are often of a few kinds: with `alike`, how many there are of each, a row has an entry a kind.
    """
    import numpy as np

    if clusters < FEWEST_CLUSTERS:
        return _TOO_FEW
    drawn = np.concatenate([statistic(weights) for weights in _weights(clusters, alike)])
    return percentiles(drawn, clusters, items)


def percentiles(drawn: "Values", clusters: int, items: int) -> Interval:
    """The interval of values that were `drawn` from so many clusters, nan where undefined, of a number over `items`."""
    import numpy as np

    if clusters < FEWEST_CLUSTERS:
        return _TOO_FEW
    defined = drawn[~np.isnan(drawn)]
    undefined = 1 - defined.size / drawn.size
    if undefined > MOST_UNDEFINED:
        return Interval(note=f"no interval: undefined in {undefined:.0%} of resamples")
    if items < FEWEST_ITEMS:
        return Interval(note=f"no interval: fewer than {FEWEST_ITEMS} items")
    low, high = np.percentile(defined, _ENDS)
    left_out = f"undefined in {undefined:.2%} of resamples" if undefined else None
    return Interval(float(low), float(high), "bootstrap", left_out)


def resampled(tables: Sequence["Values"]) -> list["Values"]:
    """The sums of the columns of each table, which has a row a cluster, over whole clusters drawn anew: a row a draw.

    Where few clusters of a table differ, it is drawn how many there are of each kind, which has the same distribution
    and takes as long as there are kinds, not clusters. Else all tables have the same clusters drawn.
    """
    import numpy as np

    kinds = [_kinds(table) for table in tables]
    if _KIND * sum(map(len, (rows for rows, _ in kinds))) < len(tables[0]):
        with ThreadPoolExecutor(_THREADS) as threads:  # NumPy draws without Python's lock
            return list(threads.map(_sums_of_kinds, *zip(*kinds, strict=True)))
    columns = {column.tobytes(): column for table in tables for column in table.T}
    distinct = np.stack(list(columns.values()), axis=1)
    sums = np.concatenate([weights @ distinct for weights in _weights(len(distinct), None)])
    places = {column: place for place, column in enumerate(columns)}
    return [sums[:, [places[column.tobytes()] for column in table.T]] for table in tables]


def _kinds(table: "Values") -> tuple["Values", "Counts"]:
    """The rows of `table` that differ, and how often each is there; NumPy's own `unique` takes ten times as long."""
    import numpy as np

    rows = table[np.lexsort(table.T)]
    first = np.flatnonzero(np.r_[True, (rows[1:] != rows[:-1]).any(axis=1)])
    return rows[first], np.diff(np.r_[first, len(rows)])


def _sums_of_kinds(rows: "Values", counts: "Counts") -> "Values":
    """Of clusters that are one of `rows`, so many of each."""
    import numpy as np

    return np.concatenate([weights @ rows for weights in _weights(int(counts.sum()), counts)])


def _weights(clusters: int, alike: "Counts | None") -> Iterator["Values"]:
    """How often each of `clusters`, or of their kinds, is drawn, a row a draw, in blocks."""
    import numpy as np

    generator = np.random.default_rng(SEED)
    block = max(1, _WEIGHTS // (clusters if alike is None else len(alike)))
    for start in range(0, DRAWS, block):
        rows = min(block, DRAWS - start)
        if alike is not None:
            yield generator.multinomial(clusters, alike / clusters, size=rows).astype(np.float64)
            continue
        places = generator.integers(clusters, size=(rows, clusters)) + clusters * np.arange(rows)[:, None]
        counts = np.bincount(places.ravel(), minlength=rows * clusters)
        yield counts.reshape(rows, clusters).astype(np.float64)


def wilson(successes: float, count: int) -> Interval:
    """Of a proportion of independent cases (Wilson 1927), which has a width at 0 and at 1 too."""
    if count < FEWEST_ITEMS:
        return Interval(note=f"no interval: fewer than {FEWEST_ITEMS} items")
    share, square = successes / count, _NORMAL**2 / count
    middle = (share + square / 2) / (1 + square)
    half = (square * share * (1 - share) + square**2 / 4) ** 0.5 / (1 + square)
    return Interval(max(0.0, middle - half), min(1.0, middle + half), "wilson")


def mcnemar(one: int, other: int) -> float:
    """Exact two-sided p of McNemar's test, of the pairs that only `one` side and only the `other` has right.

    1 where no pair is discordant: nothing speaks for a difference.
    """
    pairs, fewer = one + other, min(one, other)
    term = total = 1
    for number in range(fewer):
        term = term * (pairs - number) // (number + 1)
        total += term
    return min(1.0, float(Fraction(2 * total, 2**pairs)))
