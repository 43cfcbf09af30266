"""Writes finished interactions and whole rounds, in order. Knows files and records, not where records come from."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import BaseModel

from memory.opening import open_to_read
from sandbox.errors import SandboxError
from sandbox.runs.appended import JsonLines
from sandbox.runs.directory import RunDirectory
from sandbox.runs.records import Interaction, RoundSummary
from sandbox.simulation.round_sums import Change, RoundSums

_BLOCK_BYTES: Final = 1 << 20


class RunLog:
    """`interactions.jsonl` and `rounds.jsonl` of a society of `size` agents.

    Records are given from the first one on; those that an earlier attempt wrote must be the same and stay untouched.
    """

    def __init__(self, directory: RunDirectory, size: int) -> None:
        self._size: Final = size
        self._interactions: Final = ContinuedLines(directory.interactions)
        self._rounds: Final = ContinuedLines(directory.rounds)
        self._sums = RoundSums()

    def write(self, interactions: Sequence[Interaction]) -> list[tuple[RoundSummary, Change]]:
        """Append `interactions`, which come in (round, agent) order; what the rounds that they complete came to.

        Raises `SandboxError` that names the line where the log says something else.
        """
        self._interactions.append(interactions)
        done = list(self._completed(interactions))
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

    def _completed(self, interactions: Sequence[Interaction]) -> Iterator[tuple[RoundSummary, Change]]:
        for interaction in interactions:
            self._sums.add(interaction)
            if self._sums.interactions == self._size:
                yield self._sums.summary(interaction.round), self._sums.alignment
                self._sums = RoundSums()


class ContinuedLines:
    """JSON lines of which some may be there: those are compared until `caught_up`; the rest is appended."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._lines: Final = JsonLines(path)
        self._compared = 0
        self._there: BinaryIO | None = open_to_read(path)

    def append(self, records: Sequence[BaseModel]) -> None:
        """Write the records that are not there yet. Raises `SandboxError`."""
        self._lines.append([record for record in records if not self._is_there(record)])

    @property
    def is_empty(self) -> bool:
        """Whether the file holds nothing."""
        return self._path.stat().st_size == 0

    def caught_up(self) -> int:
        """Cut off the lines that were not compared, and count them: only the journal is evidence."""
        if (there := self._there) is None:
            return 0
        compared = there.tell()
        dropped = sum(block.count(b"\n") for block in iter(lambda: there.read(_BLOCK_BYTES), b""))
        self._lines.cut(compared)
        self._end_comparison()
        return dropped

    def sync(self) -> None:
        """Flush to disk."""
        self._lines.sync()

    def close(self) -> None:
        """Flush and close."""
        self._end_comparison()
        self._lines.close()

    def _is_there(self, record: BaseModel) -> bool:
        if self._there is None:
            return False
        wanted = record.model_dump_json().encode() + b"\n"
        if not (line := self._there.readline(len(wanted) + 1)):
            self._end_comparison()
            return False
        self._compared += 1
        if line != wanted:
            raise SandboxError(
                f"{self._path}:{self._compared} is not what the journal gives.\n"
                "One of them was changed, or another version of sandbox wrote them; nothing was overwritten."
            )
        return True

    def _end_comparison(self) -> None:
        if self._there:
            self._there.close()
            self._there = None
