"""The grid: where agents stand, who is whose neighbour, who is good or bad, and who gets which question when.

Everything here is drawn from the seed, so it is known before the first call. Knows neither models nor memories.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Self

from agents.protocol import Label
from sandbox.options.config import Config, Labels, Scope
from sandbox.society.draws import draw


@dataclass(frozen=True)
class World:
    """A square grid of `side` x `side` agents, numbered row by row, without wrap-around.

    An agent has `neighbours` feedback agents per round: `local` ones stand within `radius` (Euclidean), `global` ones
    anywhere; in `mixed` each slot is global with probability `dropout` (paper section 3.1).
    """

    seed: int
    side: int
    neighbours: int
    scope: Scope
    radius: float
    dropout: float
    _offsets: tuple[tuple[int, int], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_offsets", tuple(_within(min(self.radius, math.hypot(self.side, self.side)))))

    @classmethod
    def of(cls, config: Config) -> Self:
        """The world that `config` describes."""
        return cls(config.seed, config.grid, config.neighbours, config.scope, config.effective_radius, config.dropout)

    @property
    def size(self) -> int:
        """The number of agents."""
        return self.side * self.side

    def position(self, agent: int) -> tuple[int, int]:
        """[row, column] of `agent`."""
        return divmod(agent, self.side)

    def feedback_agents(self, round_: int, agent: int) -> tuple[int, ...]:
        """Who gives `agent` feedback in `round_`: in order of agent, never itself, none twice.

        In `local` scope all within the radius if they are fewer than asked for; in `mixed` scope a local slot that
        finds nobody left is filled from the society.
        """
        random = draw(self.seed, round_, agent, "neighbours")
        near, anyone = self._near(agent, random), self._anyone(agent, random)
        chosen: set[int] = set()
        for _ in range(self.neighbours):
            for source in self._sources(near, anyone, random):
                found = next((other for other in source if other not in chosen), None)
                if found is not None:
                    chosen.add(found)
                    break
        return tuple(sorted(chosen))

    def _sources(self, near: Iterator[int], anyone: Iterator[int], random: Random) -> tuple[Iterator[int], ...]:
        if self.scope == "local":
            return (near,)
        if self.scope == "global" or random.random() < self.dropout:
            return (anyone,)
        return (near, anyone)

    def _near(self, agent: int, random: Random) -> Iterator[int]:
        row, column = self.position(agent)
        for index in _shuffled(len(self._offsets), random):
            down, right = self._offsets[index]
            if 0 <= row + down < self.side and 0 <= column + right < self.side:
                yield agent + down * self.side + right

    def _anyone(self, agent: int, random: Random) -> Iterator[int]:
        return (other for other in _shuffled(self.size, random) if other != agent)


def _within(radius: float) -> Iterator[tuple[int, int]]:
    reach = math.floor(radius)
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            if (down, right) != (0, 0) and math.hypot(down, right) <= radius:
                yield down, right


def _shuffled(count: int, random: Random) -> Iterator[int]:
    """0..count-1 in random order, drawn one by one: a few draws do not cost a list of everybody."""
    moved: dict[int, int] = {}
    for last in range(count - 1, -1, -1):
        index = random.randrange(last + 1)
        yield moved.get(index, index)
        moved[index] = moved.get(last, last)


def labels(kind: Labels, size: int, seed: int, share: float | None = None) -> tuple[Label | None, ...]:
    """The label of each agent: `half` and `mixed` have size // 2 good ones (`docs/format.md#labels`).

    With a `share` so much of the society is good, to the nearest whole agent.
    """
    if kind == "none":
        return (None,) * size
    if kind not in ("half", "mixed"):
        return ("good" if kind == "all-good" else "bad",) * size
    good: Label = "good"
    bad: Label = "bad"
    count = size // 2 if share is None else whole_part(size, share)
    drawn = [good] * count + [bad] * (size - count)
    if kind == "mixed":
        draw(seed, -1, -1, "labels").shuffle(drawn)
    return tuple(drawn)


def persuaders(share: float, size: int, seed: int) -> frozenset[int]:
    """The agents that a control makes persuaders, at least one where `share` is above 0."""
    count = max(1, whole_part(size, share)) if share else 0
    return frozenset(draw(seed, -1, -1, "persuaders").sample(range(size), count))


def whole_part(size: int, share: float) -> int:
    """How many of `size` agents a `share` is, to the nearest whole one; a half is rounded up."""
    return math.floor(size * share + 0.5)


class Agenda:
    """Which question each agent gets in each round: position (round * size + agent) of a seeded permutation.

    Every agent gets exactly one question a round, for any number of rounds; the permutation starts over at its end.
    """

    def __init__(self, seed: int, size: int, count: int) -> None:
        self._size = size
        self._order = list(range(count))
        draw(seed, -1, -1, "questions").shuffle(self._order)

    def question(self, round_: int, agent: int) -> int:
        """Index into the question set."""
        return self._order[(round_ * self._size + agent) % len(self._order)]

    def used(self, rounds: int) -> Sequence[int]:
        """The distinct questions of the first `rounds` rounds, in order of first use."""
        return self._order[: rounds * self._size]
