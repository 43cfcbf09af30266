"""Writes finished interactions and whole rounds, in order. Knows files and records, not where records come from."""

from collections.abc import Iterator, Sequence
from typing import Final

from sandbox.errors import SandboxError
from sandbox.runs.continued import ContinuedLines
from sandbox.runs.directory import RunDirectory
from sandbox.runs.records import Interaction
from sandbox.runs.round_records import RoundSummary
from sandbox.runs.round_sums import Change, RoundSums


class RunLog:
    """`interactions.jsonl` and `rounds.jsonl` of a society of `size` agents.

    Records are given from the first one on; those that an earlier attempt wrote must be the same and stay untouched.
    `whole` says how many rounds are whole, and which bytes of `interactions.jsonl` hold them.
    """

    def __init__(self, directory: RunDirectory, size: int) -> None:
        self._size: Final = size
        self._interactions: Final = ContinuedLines(directory.interactions)
        self._rounds: Final = ContinuedLines(directory.rounds)
        self._sums = RoundSums()
        self.whole = (0, self._interactions.written.beginning)

    def write(self, interactions: Sequence[Interaction]) -> list[tuple[RoundSummary, Change]]:
        """Append `interactions`, which come in (round, agent) order; what the rounds that they complete came to.

        Raises `SandboxError` that names the line where the log says something else.
        """
        done = [each for piece in self._until_whole(interactions) for each in self._written(piece)]
        self._rounds.append([summary for summary, _ in done])
        return done

    def caught_up(self, known: int) -> int:
        """The journal, which holds `known` calls, gives no more: drop what its lost end cannot vouch for.

        How many lines that were. Raises `SandboxError` if it holds nothing though there is a log.
        """
        if not known and not self._interactions.is_empty:
            raise SandboxError(
                "The journal calls.jsonl is missing or empty, and interactions.jsonl is not.\n"
                "Bring the journal back, or start a new run; nothing was changed."
            )
        return self._interactions.caught_up() + self._rounds.caught_up()

    def sync(self) -> None:
        """Flush to disk."""
        self._interactions.sync()
        self._rounds.sync()

    def close(self) -> None:
        """Flush and close."""
        self._interactions.close()
        self._rounds.close()

    def _until_whole(self, interactions: Sequence[Interaction]) -> Iterator[Sequence[Interaction]]:
        """`interactions` in pieces, none of which goes beyond the end of a round."""
        while interactions:
            left = self._size - self._sums.interactions
            yield interactions[:left]
            interactions = interactions[left:]

    def _written(self, piece: Sequence[Interaction]) -> Iterator[tuple[RoundSummary, Change]]:
        """Append `piece`; what the round that ends with it came to."""
        self._interactions.append(piece)
        for interaction in piece:
            self._sums.add(interaction)
        if self._sums.interactions == self._size:
            round_ = piece[-1].round
            self.whole = (round_ + 1, self._interactions.written.beginning)
            yield self._sums.summary(round_), self._sums.alignment
            self._sums = RoundSums()
