"""Mean ratings by the rater's and by the author's group: who rates whom how. Knows columns of ratings, no test."""

from collections.abc import Iterator, Sequence

import numpy as np

from sandbox.analysis.representation.log import Ratings
from sandbox.analysis.representation.measures import split
from sandbox.analysis.representation.peers import Peers
from sandbox.figures.estimate import estimate
from sandbox.figures.frame import Sample
from sandbox.sheet import Cell


def heat_rows(condition: str, peers: Peers) -> Iterator[Sequence[Cell]]:
    """A row for each pair of groups, also for those that never met, whose `n` is 0."""
    for text, ratings in peers.given.items():
        if ratings.values.size:
            for rater, author, *cells in _pairs(ratings, peers):
                yield [condition, text, peers.groups[rater], peers.groups[author], *cells]


def _pairs(ratings: Ratings, peers: Peers) -> Iterator[tuple[int, int, Cell, int, int]]:
    count = len(peers.groups)
    pairs = count * peers.group_of[ratings.raters] + peers.group_of[ratings.authors]
    for pair, at in enumerate(split(pairs, count * count)):
        values, raters = ratings.values[at], ratings.raters[at]
        mean = estimate(values, Sample(raters, peers.run_of[raters]))
        yield *divmod(pair, count), mean, int((~np.isnan(values)).sum()), int(ratings.missing[at].sum())
