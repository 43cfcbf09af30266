"""Who rated whom in a condition: the ratings of all its runs, with the group of each agent. Knows columns, no file.

Agents of different runs are different ones, and are numbered on from run to run, as are interactions.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from agents.protocol import Rated, ScoredText
from sandbox.analysis.representation.log import By, Ratings, read_log
from sandbox.figures.columns import Counts
from sandbox.runs.reading import Run


class Peers(NamedTuple):
    """The agents of a condition, and their ratings: of neighbours by text, and of the observer.

    `group_of` and `run_of` are arrays (agents,): a place in `groups`, and the place of the run. -1 is the group of who
    is not in the log yet. `lengths` says how many interactions the log of each run holds.
    """

    lengths: Sequence[int]
    groups: Sequence[str]
    group_of: Counts
    run_of: Counts
    given: dict[ScoredText, Ratings]
    scores: dict[tuple[ScoredText, Rated], Ratings]


def read_peers(runs: Sequence[Run], by: By) -> Peers:
    """What the logs of `runs` hold by now, grouped `by` a field of agents. Raises `SandboxError` as `read_log` does."""
    logs = [read_log(run, by) for run in runs]
    groups = sorted({name for log in logs for name in log.names if name is not None})
    numbers = {None: -1} | {name: number for number, name in enumerate(groups)}
    agents, lengths = [len(log.names) for log in logs], [log.interactions for log in logs]
    starts = [*zip(_starts(agents), _starts(lengths), strict=True)]
    return Peers(
        lengths,
        groups,
        np.array([numbers[name] for log in logs for name in log.names], dtype=np.int64),
        np.repeat(np.arange(len(logs)), agents),
        {text: _together((log.given[text] for log in logs), starts) for text in logs[0].given},
        {key: _together((log.scores[key] for log in logs), starts) for key in logs[0].scores},
    )


def _starts(sizes: Sequence[int]) -> list[int]:
    return [sum(sizes[:place]) for place in range(len(sizes))]


def _together(parts: Iterable[Ratings], starts: Sequence[tuple[int, int]]) -> Ratings:
    """Those of several runs, whose agents and interactions are numbered on from `starts`."""
    moved = [
        Ratings(each.values, each.missing, each.raters + agent, each.authors + agent, each.texts + interaction)
        for each, (agent, interaction) in zip(parts, starts, strict=True)
    ]
    return Ratings(*(np.concatenate(columns) for columns in zip(*moved, strict=True)))
