"""Writes finished interactions and whole rounds, in order. Knows files and records, not where records come from."""

from collections.abc import Iterator, Sequence
from typing import Final

from sandbox.records import Interaction, RoundSummary
from sandbox.release import summarise
from sandbox.run_directory import JsonLines, RunDirectory


class RunLog:
    """`interactions.jsonl` and `rounds.jsonl` of a society of `size` agents."""

    def __init__(self, directory: RunDirectory, size: int) -> None:
        self._size: Final = size
        self._interactions: Final = JsonLines(directory.interactions)
        self._rounds: Final = JsonLines(directory.rounds)
        self._current: Final[list[Interaction]] = []

    def write(self, interactions: Sequence[Interaction]) -> Iterator[RoundSummary]:
        """Append `interactions`, which come in (round, agent) order; yield the summary of each round they complete."""
        self._interactions.append(interactions)
        for interaction in interactions:
            self._current.append(interaction)
            if len(self._current) == self._size:
                summary = summarise(interaction.round, self._current)
                self._current.clear()
                self._rounds.append([summary])
                yield summary

    def close(self) -> None:
        """Flush and close."""
        self._interactions.close()
        self._rounds.close()
