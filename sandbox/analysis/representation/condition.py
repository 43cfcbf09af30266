"""A condition's groups in everything that they are compared in, without the columns it was worked out of.

Knows measures and tests, no table. Columns are let go, because a study has many conditions.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final, NamedTuple

from sandbox.analysis.pools import Pool
from sandbox.analysis.representation.following import following
from sandbox.analysis.representation.heat import Cells, heat_cells
from sandbox.analysis.representation.measures import Grouped, GroupMean, Measure, measures, tests
from sandbox.analysis.representation.peers import Peers
from sandbox.analysis.representation.permutation import GapTest
from sandbox.sheet import Estimate

MOST_PAIRED: Final = 20  # groups: pairs of more are more than anybody reads


class Compared(NamedTuple):
    """The groups in one measure: the mean of each, the differences of pairs of them, and the test of the largest gap.

    There are no differences of more than `MOST_PAIRED` groups. `test` is None where fewer than two groups have a value;
    `mixed` is said of a `Measure`.
    """

    measure: str
    mixed: bool
    means: Sequence[GroupMean]
    differences: Sequence[tuple[int, int, Estimate]]
    test: GapTest | None

    def ends(self) -> tuple[int, int] | None:
        """The groups with the highest and with the lowest mean; None where there are no two."""
        known = [(each.mean.mean, group) for group, each in enumerate(self.means) if each.mean.mean is not None]
        return (max(known)[1], min(known)[1]) if len(known) > 1 else None


class Condition(NamedTuple):
    """A pool under its name, with all that is told of it; `texts_read` of so many `interactions`."""

    name: str
    groups: Sequence[str]
    texts_read: int
    interactions: int
    heat: Sequence[Cells]
    compared: Sequence[Compared]

    @property
    def least_p(self) -> float | None:
        """The smallest p that its agents can come to in any measure; None where they differ in none."""
        return min((test.least for test in self.all_tests() if test.least < 1), default=None)

    def all_tests(self) -> Iterator[GapTest]:
        """Those of the measures in which two groups have values."""
        return (each.test for each in self.compared if each.test)


def condition(pool: Pool, peers: Peers) -> Condition:
    """`peers` are those of the runs of `pool`. Raises `SandboxError` for a damaged log."""
    followed = following(pool.runs, peers.lengths)
    found = measures(peers, followed)
    compared = [_compared(*each, peers) for each in zip(found, tests(found, peers), strict=True)]
    heat = [*heat_cells(peers)]
    return Condition(pool.name, peers.groups, followed.interactions, followed.all, heat, compared)


def _compared(measure: Measure, test: GapTest | None, peers: Peers) -> Compared:
    values, groups = Grouped(measure, peers), range(len(peers.groups))
    pairs = combinations(groups, 2) if len(groups) <= MOST_PAIRED else ()
    differences = [(one, other, values.difference(one, other)) for one, other in pairs]
    return Compared(measure.name, measure.mixed, [values.mean(group) for group in groups], differences, test)
