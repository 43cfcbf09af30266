"""`--retry-failed`: journalled answers that are asked for again, and what becomes of them.

Nothing that was paid is thrown away: a replaced line moves from `calls.jsonl` to `superseded.jsonl`. It is written
there first, and the journal is rewritten once at the end; readers leave out of the one what stands in the other, so a
kill in between does no harm, and a loss of power none either.
"""

from pathlib import Path
from typing import Final, Generic

from memory.files import write_atomically
from sandbox.calls.accounts import Accounts
from sandbox.calls.journal import JournalFiles
from sandbox.calls.known import KnownCalls, fingerprint
from sandbox.calls.work import K
from sandbox.errors import SandboxError
from sandbox.runs.appended import JsonLines
from sandbox.runs.asks import FinishedAsk
from sandbox.runs.json_lines import raw_lines, read_line


class RetryFailed(Generic[K]):
    """The retry of the journal in `files`; `replaced` counts the lines that were replaced so far."""

    def __init__(self, files: JournalFiles[K], accounts: Accounts) -> None:
        self._files: Final = files
        self._accounts: Final = accounts
        self._lines: Final = JsonLines(files.superseded)
        self.replaced = 0

    def replace(self, line: FinishedAsk) -> None:
        """`line` is asked again, because it failed or because an answer before it is another one now."""
        self._lines.append([line])
        self._accounts.replaced(self._files.key(line).stage)
        self.replaced += 1

    def sync(self) -> None:
        """Flush to disk what was replaced: with its new line alone there, a place would have two."""
        self._lines.sync()

    def complete(self, known: KnownCalls[K]) -> None:
        """The run is whole without what is left in `known`: calls that follow from no answer any more."""
        for line in known:
            self.replace(line)

    def close(self) -> None:
        """Flush, and take what was replaced out of the journal."""
        self._lines.close()
        _without_superseded(self._files)


def under_way(calls: Path, go_on: str) -> SandboxError:
    """That the journal `calls` gives no log until its retry is over; `go_on` says how to go on with that."""
    return SandboxError(f"{calls}: calls that failed are asked again, and not all have an answer yet.\n{go_on}")


def _without_superseded(files: JournalFiles[K]) -> None:
    """Write the journal anew without the lines that `superseded` holds."""
    superseded = {fingerprint(line) for line in files.replaced()}
    lines = ((raw, read_line(files.calls, number, raw, files.line)) for number, raw in raw_lines(files.calls))
    kept = (raw for raw, line in lines if fingerprint(line) not in superseded)
    write_atomically(files.calls, kept, durable=True)
