"""A condition's agents, what they are compared in, and how its groups differ. Knows measures and tests, no table."""

from collections.abc import Iterator
from typing import NamedTuple

from sandbox.analysis.pools import Pool
from sandbox.analysis.representation.following import Following, following
from sandbox.analysis.representation.measures import Grouped, GroupMean, measures, tests
from sandbox.analysis.representation.peers import Peers
from sandbox.analysis.representation.permutation import GapTest


class Compared(NamedTuple):
    """The groups in one measure: the mean of each, how the values lie, and the test of the largest gap.

    `test` is None where fewer than two groups have a value; `mixed` is said of a `Measure`.
    """

    measure: str
    mixed: bool
    means: list[GroupMean]
    values: Grouped
    test: GapTest | None

    def ends(self) -> tuple[int, int] | None:
        """The groups with the highest and with the lowest mean; None where there are no two."""
        known = [(each.mean.mean, group) for group, each in enumerate(self.means) if each.mean.mean is not None]
        return (max(known)[1], min(known)[1]) if len(known) > 1 else None


class Condition(NamedTuple):
    """A pool under its name, with all that is told of it."""

    name: str
    peers: Peers
    followed: Following
    compared: list[Compared]

    @property
    def least_p(self) -> float:
        """The smallest p that its agents can come to in any measure; 1 where there is no test."""
        return min((test.least for test in self.all_tests()), default=1.0)

    def all_tests(self) -> Iterator[GapTest]:
        """Those of the measures in which two groups have values."""
        return (each.test for each in self.compared if each.test)


def condition(pool: Pool, peers: Peers) -> Condition:
    """`peers` are those of the runs of `pool`. Raises `SandboxError` for a damaged log."""
    followed = following(pool.runs, peers.lengths)
    found = measures(peers, followed)
    compared = []
    for measure, test in zip(found, tests(found, peers), strict=True):
        values = Grouped(measure, peers)
        means = [values.mean(group) for group in range(len(peers.groups))]
        compared.append(Compared(measure.name, measure.mixed, means, values, test))
    return Condition(pool.name, peers, followed, compared)
