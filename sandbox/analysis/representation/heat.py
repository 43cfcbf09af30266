"""Mean ratings by the rater's and by the author's group: who rates whom how. Knows columns of ratings, no test."""

from collections.abc import Iterator
from typing import NamedTuple

from agents.protocol import ScoredText
from sandbox.analysis.representation.log import Ratings
from sandbox.analysis.representation.measures import split
from sandbox.analysis.representation.peers import Peers
from sandbox.figures.estimate import estimate
from sandbox.figures.frame import Sample
from sandbox.sheet import Estimate


class Cells(NamedTuple):
    """What `rater` agents gave texts of `author` agents, both of them groups; `n` is 0 where they never met."""

    text: ScoredText
    rater: str
    author: str
    mean: Estimate
    n: int
    missing: int


def heat_cells(peers: Peers) -> Iterator[Cells]:
    """One for each pair of groups, of each text that neighbours were asked of."""
    for text, ratings in peers.given.items():
        if ratings.values.size:
            yield from _of_text(text, ratings, peers)


def _of_text(text: ScoredText, ratings: Ratings, peers: Peers) -> Iterator[Cells]:
    count = len(peers.groups)
    pairs = count * peers.group_of[ratings.raters] + peers.group_of[ratings.authors]
    for pair, at in enumerate(split(pairs, count * count)):
        values, raters = ratings.values[at], ratings.raters[at]
        rater, author = (peers.groups[group] for group in divmod(pair, count))
        mean = estimate(values, Sample(raters, peers.run_of[raters]))
        yield Cells(text, rater, author, mean, mean.count, int(ratings.missing[at].sum()))
