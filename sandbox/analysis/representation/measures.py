"""What groups are compared in: ratings given and received, the observer's, whose feedback is followed.

Knows columns and agents; no file, and no table.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from sandbox.analysis.representation.following import Following
from sandbox.analysis.representation.log import Ratings
from sandbox.analysis.representation.peers import Peers
from sandbox.analysis.representation.permutation import GapTest, Units, gap_tests
from sandbox.figures.columns import Counts, Flags, Numbers
from sandbox.figures.estimate import CHANGED, RATED, difference, estimate
from sandbox.figures.frame import Sample
from sandbox.sheet import Estimate

FOLLOWING: Final = "following feedback"
_ALIKE: Final = (-1.0, 1.0)  # of a change of a cosine of counts


class Measure(NamedTuple):
    """n values of `agents`, each of which counts for the group of its agent; nan and `missing` as in `Ratings`.

    A mean lies `within` these. One that is `mixed` differs between groups also because they met others.
    """

    name: str
    values: Numbers
    missing: Flags
    agents: Counts
    within: tuple[float, float] = RATED
    mixed: bool = False


def measures(peers: Peers, followed: Following) -> list[Measure]:
    """All that there are of a condition; ratings of revisions only where neighbours were asked for them."""
    given = {text: each for text, each in peers.given.items() if each.values.size}
    found = [Measure(f"given to {text}s", *each[:3], mixed=True) for text, each in given.items()]
    found += [_above_others(text, each) for text, each in given.items()]
    found += [_received(f"received by {text}s", each) for text, each in given.items()]
    found += [_received(f"{text} {dimension}", each) for (text, dimension), each in peers.scores.items()]
    missing = np.isnan(followed.changes)
    return [*found, Measure(FOLLOWING, followed.changes, missing, followed.raters, _ALIKE)]


def _received(name: str, ratings: Ratings) -> Measure:
    return Measure(name, ratings.values, ratings.missing, ratings.authors)


def _above_others(text: str, ratings: Ratings) -> Measure:
    """Each rating less the mean of what others gave the same text; nan where nobody else rated it.

    Nobody rates oneself, so a group of low authors has rated fewer of these than the other group has: what is given to
    all texts differs between groups though every text may be rated alike by all.
    """
    known = ~np.isnan(ratings.values)
    of, values = ratings.texts[known], ratings.values[known]
    others, sums = np.bincount(of)[of] - 1, np.bincount(of, values)[of] - values
    above = np.full(ratings.values.size, np.nan)
    above[known] = values - np.divide(sums, others, out=np.full(sums.size, np.nan), where=others > 0)
    return Measure(f"{text}s above others", above, ratings.missing, ratings.raters, CHANGED)


class GroupMean(NamedTuple):
    """What a group's agents came to in a measure: `agents` have a value; `over_agents` is the mean of their means."""

    agents: int
    missing: int
    mean: Estimate
    over_agents: float | None


class Grouped:
    """The values of a measure by groups of agents."""

    def __init__(self, measure: Measure, peers: Peers) -> None:
        self._measure = measure
        self._places = split(peers.group_of[measure.agents], len(peers.groups))
        self._sample = Sample(measure.agents, peers.run_of[measure.agents])

    def mean(self, group: int) -> GroupMean:
        """That of a group, whose agents are drawn within their runs for its interval."""
        at, measure = self._places[group], self._measure
        values, agents = measure.values[at], measure.agents[at]
        known = ~np.isnan(values)
        sums, counts = np.bincount(agents[known], values[known]), np.bincount(agents[known])
        there = counts > 0
        over = float((sums[there] / counts[there]).mean()) if there.any() else None
        mean = estimate(values, self._sample.at(at), measure.within)
        return GroupMean(int(there.sum()), int(measure.missing[at].sum()), mean, over)

    def difference(self, group: int, other: int) -> Estimate:
        """The mean of `group` less that of `other`."""
        one, two = self._places[group], self._places[other]
        values, sample = self._measure.values, self._sample
        return difference(values[one], sample.at(one), values[two], sample.at(two))


def split(groups: Counts, count: int) -> list[Counts]:
    """The places of each of so many groups."""
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.searchsorted(groups[order], np.arange(count + 1)))[1:-1]


def tests(found: Sequence[Measure], peers: Peers) -> list[GapTest | None]:
    """The permutation test of each measure: agents keep what they gave, and change their groups within their run."""
    there = peers.group_of >= 0
    sums, counts = (np.stack([*columns], axis=1)[there] for columns in zip(*_sums(found, there.size), strict=True))
    return gap_tests(Units(sums, counts, peers.group_of[there], peers.run_of[there]))


def _sums(found: Sequence[Measure], agents: int) -> Iterator[tuple[Numbers, Counts]]:
    for measure in found:
        known = ~np.isnan(measure.values)
        of = measure.agents[known]
        sums: Numbers = np.bincount(of, measure.values[known], agents).astype(np.float64)
        counts: Counts = np.bincount(of, minlength=agents)
        yield sums, counts
