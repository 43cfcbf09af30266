"""`--retry-failed`: journalled answers that are asked for again, and what becomes of them.

Nothing that was paid is thrown away: a replaced line moves from `calls.jsonl` to `superseded.jsonl`. It is written
there first, and the journal is rewritten once at the end; readers leave out of the one what stands in the other, so a
kill in between does no harm.
"""

from typing import Final

from sandbox.calls.journal import KnownCalls, without_superseded
from sandbox.calls.tally import Tally
from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import JsonLines
from sandbox.runs.records import JournalLine


class RetryFailed:
    """The retry of the run in `directory`; `replaced` counts the lines that were replaced so far."""

    def __init__(self, directory: RunDirectory, tally: Tally) -> None:
        self._directory: Final = directory
        self._tally: Final = tally
        self._lines: Final = JsonLines(directory.superseded)
        self.replaced = 0

    def replace(self, line: JournalLine) -> None:
        """`line` is asked again, because it failed or because an answer before it is another one now."""
        self._lines.append([line])
        self._tally.replaced(line.stage)
        self.replaced += 1

    def complete(self, known: KnownCalls) -> None:
        """The run is whole without what is left in `known`: calls that follow from no answer any more."""
        for line in known:
            self.replace(line)

    def close(self) -> None:
        """Flush, and take what was replaced out of the journal."""
        self._lines.close()
        without_superseded(self._directory)
